"""HTTP caching (RFC 9111) as a shared cache; what decides is sans-I/O."""
