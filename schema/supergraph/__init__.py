"""The composed schema as SDL and as clients see it."""
