"""Contracts: parts of a graph for one kind of client, chosen by tags."""

from weir.schema.contracts.contract import Contract
from weir.schema.contracts.view import View, ViewResult, view

__all__ = ["Contract", "View", "ViewResult", "view"]
