"""Observed requests on the control port: their rates, causes and operations."""
