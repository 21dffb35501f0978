"""What the endpoints of façades share of HTTP."""
