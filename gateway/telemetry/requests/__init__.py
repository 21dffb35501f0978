"""The last requests, and the explanation of each of them."""
