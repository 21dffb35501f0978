"""Calls to registered services, each through its stack of policies."""
