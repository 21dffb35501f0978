"""Brings federation 1 subgraphs up to federation 2."""
