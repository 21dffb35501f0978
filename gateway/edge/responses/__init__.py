"""The way of a response to the client: rendered, compressed and sent."""
