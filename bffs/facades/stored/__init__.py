"""Stored operations: their files, their directives, and where they are bound."""
