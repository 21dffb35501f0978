"""Checks that every query on the API schema can be planned.

Who has what is tabulated, what can be reached from where is computed, and then all
queries are walked; paths and reasons are only made up for what fails.
"""

from weir.schema.diagnostics.errors import CompositionError, CompositionFailed
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.satisfiability.explanation import Explanation
from weir.schema.satisfiability.reach import Reach
from weir.schema.satisfiability.tables import tables_of
from weir.schema.satisfiability.traversal import Finding, Mismatch, Traversal


def check_satisfiability(supergraph: SupergraphSchema) -> None:
    """Raises CompositionFailed with SATISFIABILITY_ERROR and its kin."""
    errors = _errors(supergraph, Reach(tables_of(supergraph)))
    if errors:
        raise CompositionFailed(errors)


def _errors(supergraph: SupergraphSchema, reach: Reach) -> list[CompositionError]:
    """One error for each cause, however many fields and queries it spoils."""
    explanation = Explanation(supergraph, reach)
    causes: dict[str, list[Finding]] = {}
    for finding in Traversal(reach).findings():
        if isinstance(finding, Mismatch) and not finding.is_total:
            supergraph.context.report.hint_once(explanation.hint(finding))
        else:
            causes.setdefault(explanation.cause(finding), []).append(finding)
    return [explanation.error(findings) for findings in causes.values()]
