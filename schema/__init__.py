"""What the graph is: SDL in, supergraph out. Depends on graphql-core alone."""
