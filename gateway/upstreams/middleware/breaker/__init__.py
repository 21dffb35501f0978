"""Circuit breakers: calls to a failing service are rejected at once."""
