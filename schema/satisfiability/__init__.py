"""Whether every query on the supergraph can be planned."""
