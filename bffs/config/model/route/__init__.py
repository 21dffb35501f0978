"""The sections of a plain route."""
