"""A streaming service: the five upstreams of the demo, and what is shown with them."""
