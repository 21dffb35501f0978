"""What graphql-core's validation costs is known before it runs.

It cannot be interrupted, so its cost must be bounded by what `check_limits` counts.
"""

import pytest

from tests.support import hostile_documents as documents
from tests.support.hostile_documents import Family
from tests.support.random_documents import (
    CALLS_OF_ERRORS,
    CALLS_PER_STEP,
    check_validation_cost,
    validation_bound,
    validation_calls,
)
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.operation.document.parsing import parse_operation

CASES = 200


def test_validating_what_is_accepted_costs_at_most_in_proportion_to_the_bound() -> None:
    accepted = sum(check_validation_cost(seed, factor=1) for seed in range(CASES))

    assert accepted > CASES / 3, "too few to show anything"


@pytest.mark.parametrize(
    ("family", "size"),
    [
        (documents.doubling_fragments, 11),
        (documents.operations_with_fragment_chains, 27),
        (documents.operations_with_distinct_fragments, 20),
        (documents.nested_twice, 49),
        (documents.fragments_side_by_side, 200),
        (documents.merging_fragments, 40),
        (documents.unused_fragments, 700),
        (documents.spread_literal, 250),
        (documents.directives, 2_500),
        (documents.literal, 5_000),
        (documents.declared_variables, 1_500),
        (documents.nested_fields, 49),
        (documents.nested_inline_fragments, 199),
    ],
)
def test_that_holds_for_hostile_documents_close_to_the_limits(
    family: Family, size: int
) -> None:
    text = family(size)
    document = parse_operation(text, DEFAULT_LIMITS)

    bound = validation_bound(text)
    assert validation_calls(document) <= CALLS_OF_ERRORS + CALLS_PER_STEP * bound


def test_the_bound_of_a_document_within_the_limits_is_small_in_itself() -> None:
    limits = DEFAULT_LIMITS
    largest = (
        limits.written_out * limits.tokens
        + 2 * limits.comparisons
        + limits.fragment_comparisons
    )

    assert largest < 400_000
