"""The decoder of weir.yaml: text in, frozen policies out, errors with their lines."""
