"""The control port: what operators and orchestrators ask of a running gateway."""
