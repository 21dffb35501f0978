"""The five services, each its own process; they know nothing of each other."""
