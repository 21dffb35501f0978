"""The Redis that gateways share: one connection and one policy for all its users."""
