"""The commands with their arguments; each imports its implementation when it runs."""
