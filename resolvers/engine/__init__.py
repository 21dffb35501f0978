"""The engine: prepares each operation once and executes it."""
