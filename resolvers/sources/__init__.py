"""What answers a fetch: a GraphQL upstream, or Python code."""
