"""The limits of a document, checked before it is validated.

Hostile documents make validation expensive, and graphql-core cannot be interrupted
there. So everything that the cost of validation depends on is counted first, over all
definitions of the document and in linear time: first the sizes with fragments written
out (`resolvers.operation.sizes`), then, in a document known to be small, the pairs to
compare (`resolvers.operation.comparisons`). `docs/decisions/0005-*` has the cost of
each rule.
"""

from dataclasses import dataclass

from graphql import DocumentNode

from weir.resolvers.operation.document.comparisons import Comparisons, check_comparisons
from weir.resolvers.operation.document.sizes import (
    Definitions,
    Size,
    check_written_out,
    measured_definitions,
)
from weir.resolvers.operation.errors import LimitExceeded, Measured
from weir.resolvers.operation.work import WorkBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationLimits:
    """Upper bounds for a document: all of its operations together.

    A fragment counts wherever it is spread. `nesting` limits the depth of selection
    sets, `levels_in_values` and `levels_in_types` that of lists and input objects.
    `written_out` is how many times larger than `tokens` and `size_bytes` the document
    may be with its fragments written out. `same_response_name` limits the fields that
    are merged at one response path, `comparisons` the pairs of such fields, and
    `fragment_comparisons` the pairs with a fragment.
    """

    size_bytes: int = 100_000
    tokens: int = 15_000
    depth: int = 50
    nesting: int = 200
    levels_in_values: int = 64
    levels_in_types: int = 8
    fields: int = 5_000
    aliases: int = 500
    written_out: int = 10
    same_response_name: int = 100
    comparisons: int = 20_000
    fragment_comparisons: int = 200_000


DEFAULT_LIMITS = OperationLimits()


def check_limits(
    document: DocumentNode, limits: OperationLimits, work: WorkBudget | None = None
) -> None:
    """Raise `LimitExceeded` if the document is too large or too repetitive.

    Raises `ValidationFailed` for a fragment that spreads itself, and `Cancelled`.
    """
    work = work or WorkBudget()
    definitions = measured_definitions(document)
    _check_literals(definitions, limits)
    check_written_out(definitions, lambda size: _check_size(size, limits, work))
    check_comparisons(
        [root.node.selection_set for root in definitions.roots],
        definitions.fragment_nodes,
        lambda comparisons: _check_comparisons(comparisons, limits, work),
    )


def _check_literals(definitions: Definitions, limits: OperationLimits) -> None:
    for each in definitions.all:
        in_values, in_types = each.levels_in_values, each.levels_in_types
        _refuse_beyond("levels in a type", in_types, limits.levels_in_types)
        _refuse_beyond("levels in a value", in_values, limits.levels_in_values)


def _check_size(size: Size, limits: OperationLimits, work: WorkBudget) -> None:
    work.check()
    tokens, characters = limits.tokens, limits.size_bytes
    _refuse_beyond("levels", size.levels, limits.depth)
    _refuse_beyond("nested selection sets", size.nesting, limits.nesting)
    _refuse_beyond("fields", size.fields, limits.fields)
    _refuse_beyond("aliases", size.aliases, limits.aliases)
    _refuse_beyond("fragments", size.fragments, limits.fields)
    _refuse_beyond(
        "tokens with fragments written out", size.tokens, limits.written_out * tokens
    )
    _refuse_beyond(
        "characters with fragments written out",
        size.characters,
        limits.written_out * characters,
    )


def _check_comparisons(
    comparisons: Comparisons, limits: OperationLimits, work: WorkBudget
) -> None:
    work.check()
    largest, fragments = comparisons.same_name, comparisons.fragments
    _refuse_beyond("fields with one response name", largest, limits.same_response_name)
    _refuse_beyond("fields to compare", comparisons.fields, limits.comparisons)
    _refuse_beyond("fragments to compare", fragments, limits.fragment_comparisons)


def _refuse_beyond(what: Measured, found: int, limit: int) -> None:
    if found > limit:
        raise LimitExceeded(what, found, limit)
