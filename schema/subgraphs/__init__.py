"""Reads one subgraph: parse, link, complete, validate."""
