"""What federation's specs define, version by version, as data."""
