"""The merging of subgraph schemas into one supergraph, by kind of type."""
