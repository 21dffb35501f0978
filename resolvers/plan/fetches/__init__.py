"""The fetch graph, and the passes over it."""
