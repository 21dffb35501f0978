"""What every client request passes before a façade sees it."""
