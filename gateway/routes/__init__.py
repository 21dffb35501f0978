"""The route of a request: rules and their matching, a table, and the endpoints."""
