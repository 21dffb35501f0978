"""Samples of the requests that a rule matches."""
