"""The query graph of a supergraph: the resolvers of fields, and the moves between."""
