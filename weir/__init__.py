"""Weir, a GraphQL federation and BFF aggregation gateway."""

from importlib.metadata import version

__version__ = version("weir-gateway")
