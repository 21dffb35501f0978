"""The instances of an upstream: their health, their load, and which one is next."""
