"""The commands that start a gateway, and those that write what it starts from."""
