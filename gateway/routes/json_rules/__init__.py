"""Rules that change JSON values, by the paths of their parts."""
