"""Responses that are made of the responses of several services."""
