"""Validation of field sets."""
