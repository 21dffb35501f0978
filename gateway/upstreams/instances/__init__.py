"""The instances of an upstream: their health, load and selection."""
