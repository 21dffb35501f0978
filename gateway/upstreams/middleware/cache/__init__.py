"""HTTP caching (RFC 9111) as a shared cache; the decisions are free of I/O."""
