"""Validation costs what is known beforehand: 2,000 larger random documents."""

from tests.support.random_documents import check_validation_cost

CASES = 2_000


def test_validating_what_is_accepted_costs_at_most_in_proportion_to_the_bound() -> None:
    accepted = sum(
        check_validation_cost(seed, factor=6) for seed in range(1_000, 1_000 + CASES)
    )

    assert accepted > CASES / 5, "too few to show anything"
