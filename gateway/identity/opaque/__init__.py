"""Opaque tokens, which their issuer explains (RFC 7662)."""
