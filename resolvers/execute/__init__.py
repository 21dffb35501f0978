"""A plan run: collect, represent, fetch, merge, project."""
