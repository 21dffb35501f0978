"""The validation of each subgraph, and of the merged schema."""
