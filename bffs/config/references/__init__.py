"""Checks between sections of a configuration."""
