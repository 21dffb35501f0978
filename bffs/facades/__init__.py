"""Façades: the API of each kind of client over the graph."""
