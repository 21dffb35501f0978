"""HTTP/1.1 (RFC 9112), with one exchange at a time on each connection."""
