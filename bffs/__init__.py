"""The gateway as a product: façades, configuration, command line, composition root."""
