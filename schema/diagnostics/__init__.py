"""The errors and hints of composition, and their rendering."""
