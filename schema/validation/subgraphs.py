"""The validation of each subgraph."""

from collections.abc import Iterable

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError, CompositionFailed
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.rules import RULES

_ALONE = frozenset(
    {Code.PROVIDES_ON_NON_OBJECT_FIELD, Code.EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE}
)
"""The errors that hide others: after an invalid `@provides`, its uses are unknown."""


def validate_subgraphs(subgraphs: Iterable[SubgraphSchema]) -> None:
    """Apply all rules to some subgraphs. Raises CompositionFailed with all errors."""
    errors = [error for subgraph in subgraphs for error in _errors(subgraph)]
    if errors:
        raise CompositionFailed(errors)


def _errors(subgraph: SubgraphSchema) -> list[CompositionError]:
    errors = [error for rule in RULES for error in rule(subgraph)]
    alone = [error for error in errors if error.code in _ALONE]
    return alone or errors
