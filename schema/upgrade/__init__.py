"""The upgrade of federation 1 subgraphs to federation 2."""
