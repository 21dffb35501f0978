"""The places of clients, by their addresses."""
