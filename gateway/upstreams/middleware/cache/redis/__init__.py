"""Cached responses in Redis, shared by all gateways."""
