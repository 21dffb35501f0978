"""A streaming service: the five upstreams of the demo, and measurements with them."""
