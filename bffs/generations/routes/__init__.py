"""The plain routes of a generation: their index, endpoints and proxies."""
