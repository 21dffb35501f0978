"""The control port: health, metrics and changes, for operators and orchestrators."""
