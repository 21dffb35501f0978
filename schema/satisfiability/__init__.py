"""The check that every query on the supergraph can be planned."""
