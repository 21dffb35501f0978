"""The variables of an operation: coerced ones, and those hidden from clients."""
