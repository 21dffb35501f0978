"""Limits that follow the health of a service."""
