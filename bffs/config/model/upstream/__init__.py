"""The sections of an upstream."""
