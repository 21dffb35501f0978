"""Changes of requests and responses on their way through a route."""
