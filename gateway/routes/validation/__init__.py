"""Validation of requests by JSON Schema, also by a description in OpenAPI."""
