"""Incident capsules: files with the state of the gateway when an incident begins."""
