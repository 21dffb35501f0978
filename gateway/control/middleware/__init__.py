"""ASGI middleware around the endpoints of the control port."""
