"""The engine: it prepares each operation once, and executes it."""
