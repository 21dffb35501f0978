"""The limits of operations, their costs, plans, rates and budgets."""
