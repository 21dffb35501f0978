"""Errors and hints of composition, and their rendering."""
