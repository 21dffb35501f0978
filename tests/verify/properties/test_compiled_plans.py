"""Compiled code and the interpreter agree on many random graphs, responses, entities.

What runs a few times in tests/resolvers/execute/compiled runs here from many seeds.
"""

import random

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resolvers.execute.compiled.test_both_ways import check as check_graph
from tests.resolvers.execute.compiled.test_projection_property import SCHEMA, check
from tests.support.random_operations import RandomOperation, operations
from tests.support.seeded_property import check_seeded
from tests.support.split_graphs import split_graphs


@pytest.mark.parametrize("number", range(10), ids=lambda number: f"seed-{number}")
def test_responses_are_the_same_both_ways(number: int) -> None:
    check_seeded(number, split_graphs(), check_graph, count=60)


@settings(
    max_examples=5_000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(asked=operations(SCHEMA), seed=st.integers(0, 2**32))
def test_projections_are_the_same_both_ways(asked: RandomOperation, seed: int) -> None:
    if not validate(SCHEMA, parse(asked.document)):
        rng = random.Random(seed)  # noqa: S311 - data, not secrets
        check(asked.document, asked.variables, rng)
