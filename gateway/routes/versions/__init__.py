"""Versions of an API: which one a request names, and what its responses announce."""
