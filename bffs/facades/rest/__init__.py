"""REST endpoints from stored operations."""
