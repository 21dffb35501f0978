"""10,000 mutants of real schemas: composed, or refused with places, never raising."""

import random

import pytest

from tests.schema.adapter import subgraphs_of
from tests.support.composing import check_mutant
from tests.support.recorded import recorded_cases

ROUNDS, MUTANTS = 20, 500
CASES = recorded_cases("composition.json")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_mutants_compose_or_are_refused_with_places(seed: int) -> None:
    if CASES[0].values == (None,):
        pytest.skip("no recorded cases to mutate")
    rng = random.Random(seed)  # noqa: S311 - a fuzzer's dice

    composed = sum(
        check_mutant(subgraphs_of(rng.choice(CASES).values[0]["subgraphs"]), rng)
        for _ in range(MUTANTS)
    )

    # A fuzzer whose mutants are all nonsense would only test the parser.
    assert composed > MUTANTS // 50
