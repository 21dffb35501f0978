"""Validates each subgraph by itself."""

from collections.abc import Sequence

from schema.errors import Refused
from schema.subgraph_schema import SubgraphSchema
from schema.validation.rules import RULES


def validate_subgraphs(subgraphs: Sequence[SubgraphSchema]) -> None:
    """Apply all rules to all subgraphs. Raises Refused with all that is wrong."""
    errors = [
        error for subgraph in subgraphs for rule in RULES for error in rule(subgraph)
    ]
    if errors:
        raise Refused(errors)
