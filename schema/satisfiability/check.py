"""The check that every query on the API schema can be planned.

It tabulates the subgraphs of each type and field, computes the reachable subgraphs, and
then walks all queries. Paths and reasons are only built for failures.
"""

from weir.schema.diagnostics.errors import CompositionError, CompositionFailed
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.satisfiability.explanation import Explanation
from weir.schema.satisfiability.reach import Reach
from weir.schema.satisfiability.tables import tables_of
from weir.schema.satisfiability.traversal import Finding, Mismatch, Traversal


def check_satisfiability(supergraph: SupergraphSchema) -> None:
    """Check a supergraph. Raises CompositionFailed with all errors."""
    errors = _errors(supergraph, Reach(tables_of(supergraph)))
    if errors:
        raise CompositionFailed(errors)


def _errors(supergraph: SupergraphSchema, reach: Reach) -> list[CompositionError]:
    """Return one error for each cause, for all fields and queries that it affects."""
    explanation = Explanation(supergraph, reach)
    causes: dict[str, list[Finding]] = {}
    for finding in Traversal(reach).findings():
        if isinstance(finding, Mismatch) and not finding.is_total:
            supergraph.context.report.hint_once(explanation.hint(finding))
        else:
            causes.setdefault(explanation.cause(finding), []).append(finding)
    return [explanation.error(findings) for findings in causes.values()]
