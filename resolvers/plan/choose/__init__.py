"""The choice of a subgraph for each goal, and of the path to it."""
