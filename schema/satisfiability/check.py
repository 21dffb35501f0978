"""Checks that every query on the API schema can be planned.

Who has what is tabulated, what can be reached from where is computed, and then all
queries are walked; paths and reasons are only made up for what fails.
"""

from collections.abc import Iterator, Mapping
from itertools import product

from weir.schema.diagnostics.errors import CompositionError, Refused
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.satisfiability.explanation import Explanation
from weir.schema.satisfiability.reach import Reach
from weir.schema.satisfiability.tables import Tables, tables_of
from weir.schema.satisfiability.traversal import Finding, Mismatch, Traversal

_EXHAUSTIVE_LABELS = 4
"""Up to so many override labels all combinations are tried: 2 to the power of it."""

_SINGLE_LABELS = 16
"""Up to so many labels each is tried alone; a walk of a large graph takes a second."""


def check_satisfiability(supergraph: SupergraphSchema) -> None:
    """Raises Refused with SATISFIABILITY_ERROR and its kin."""
    tables = tables_of(supergraph)
    for labels in label_combinations(tables):
        reach = Reach(tables, labels)
        errors = _errors(supergraph, reach)
        if errors:
            raise Refused(errors)


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


def label_combinations(tables: Tables) -> Iterator[Mapping[str, bool]]:
    """The assignments of override labels to try.

    Of many labels all are off, or all on, or one alone is (of very many not even
    that). What only fails in another mixture is not found: the gateway then answers
    such a query with an error, as it does for labels that it was not told of.
    """
    names = tables.labels
    if len(names) <= _EXHAUSTIVE_LABELS:
        for values in product((False, True), repeat=len(names)):
            yield dict(zip(names, values, strict=True))
        return
    for base in (False, True):
        yield dict.fromkeys(names, base)
        for name in names if len(names) <= _SINGLE_LABELS else ():
            yield {**dict.fromkeys(names, base), name: not base}
