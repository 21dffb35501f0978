"""The definitions of federation's specs, by version, as data."""
