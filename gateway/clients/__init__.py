"""The clients of requests: their networks, and the applications that they name."""
