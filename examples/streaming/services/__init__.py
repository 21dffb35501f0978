"""The five services, each in its own process, and independent of the others."""
