"""HTTP/2 (RFC 9113): many exchanges share one connection."""
