"""The link spec: the features of a schema, their versions and their names."""
