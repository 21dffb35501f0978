"""Merges subgraph schemas into one supergraph, kind by kind."""
