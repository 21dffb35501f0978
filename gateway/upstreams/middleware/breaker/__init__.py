"""Circuit breakers: calls to a service that keeps failing are rejected at once."""
