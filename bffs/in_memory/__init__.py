"""A gateway without ports: its requests are function calls, for tests and reports."""
