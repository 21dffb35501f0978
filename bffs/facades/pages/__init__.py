"""The pages of a façade for people: GraphiQL, its schema, and its REST API."""
