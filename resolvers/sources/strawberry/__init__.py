"""A subgraph in this process: a Strawberry federation schema."""
