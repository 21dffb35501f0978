"""The processes that serve the data port, and the one that starts them."""
