"""Contracts: what one kind of client sees of a graph, chosen by tags."""

from weir.schema.contracts.contract import Contract
from weir.schema.contracts.view import View, ViewResult, view

__all__ = ["Contract", "View", "ViewResult", "view"]
