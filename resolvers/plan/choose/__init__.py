"""Choose: in which subgraph each goal is fetched, and how that is reached."""
