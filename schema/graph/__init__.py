"""The query graph of a supergraph: where fields are resolved, how to move between."""
