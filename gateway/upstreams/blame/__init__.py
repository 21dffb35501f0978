"""Blame: whether failures are those of one client alone, or of the service."""
