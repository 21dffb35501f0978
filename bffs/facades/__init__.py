"""Façades: what each kind of client gets of the graph."""
