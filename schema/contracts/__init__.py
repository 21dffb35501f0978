"""Contracts: parts of a graph for one kind of client, chosen by tags."""

from weir.schema.contracts.contract import Contract
from weir.schema.contracts.tags import tags_in
from weir.schema.contracts.view import View, ViewResult, view

__all__ = ["Contract", "View", "ViewResult", "tags_in", "view"]
