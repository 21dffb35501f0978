"""The validation of field sets."""
