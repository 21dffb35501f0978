"""Conversion of sections of the model to the frozen policies of each package."""
