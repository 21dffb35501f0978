"""From a subgraph's SDL to a `SubgraphSchema`, or to errors with places."""
