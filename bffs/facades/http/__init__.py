"""Parts of HTTP that all endpoints of façades share."""
