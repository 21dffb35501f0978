"""A subgraph behind HTTP: GraphQL over HTTP to a registered service."""
