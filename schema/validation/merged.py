"""The validation of the merged schema, by rules that need several subgraphs.

Each group of rules depends on the one before: `@inaccessible` is checked in a complete
schema, and access requirements in one with valid visibility.
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
