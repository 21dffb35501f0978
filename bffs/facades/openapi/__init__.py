"""The OpenAPI description of the REST endpoints of a façade."""
