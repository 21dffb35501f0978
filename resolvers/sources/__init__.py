"""The sources of fetches: GraphQL upstreams and Python code."""
