"""The costs of stored queries: their budgets, and the origin of their bytes."""
