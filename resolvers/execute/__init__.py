"""The execution of plans: collect, represent, fetch, merge, project."""
