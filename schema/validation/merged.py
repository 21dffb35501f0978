"""Validates the merged schema: what no subgraph could know alone.

The groups build on each other: hidden elements are judged in a schema that is complete,
access requirements in one that is visible as it should be.
"""

from weir.schema.diagnostics.errors import CompositionFailed
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.validation.merged_rules import STAGES


def validate_supergraph(supergraph: SupergraphSchema) -> None:
    """Apply the rules; raise CompositionFailed after the first stage with errors."""
    for stage in STAGES:
        errors = [error for rule in stage for error in rule(supergraph)]
        if errors:
            raise CompositionFailed(errors)
