"""Shares of the requests, by weights and by keys."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.routes.splitting.split import Split, point_of

COUNT = 20_000
NAMES = ("stable", "canary", "third")


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=3).filter(any))
def test_each_backend_has_its_exact_part_of_the_range(weights: list[int]) -> None:
    named = dict(zip(NAMES, weights, strict=False))
    split, total, begin = Split(named), sum(weights), 0

    for name, weight in named.items():
        if weight:
            assert split.backend(begin / total) == name
            assert split.backend((begin + weight) / total - 1e-9) == name
        else:
            assert name not in split.names
        begin += weight


def test_keys_are_spread_by_the_weights() -> None:
    split = Split({"stable": 90, "canary": 10})
    points = [point_of(b"%d" % key, b"users") for key in range(COUNT)]

    counts = Counter(map(split.backend, points))

    # Four standard deviations of a binomial distribution.
    assert counts["canary"] == pytest.approx(COUNT / 10, abs=4 * (COUNT * 0.09) ** 0.5)


def test_a_growing_canary_keeps_its_users() -> None:
    before, after = (
        Split({"stable": 100 - share, "canary": share}) for share in (5, 20)
    )
    for point in (point_of(b"%d" % key, b"users") for key in range(COUNT)):
        if before.backend(point) == "canary":
            assert after.backend(point) == "canary"


def test_routes_divide_the_same_users_differently() -> None:
    split = Split({"a": 1, "b": 1})
    pairs = Counter(
        (
            split.backend(point_of(b"%d" % key, b"one")),
            split.backend(point_of(b"%d" % key, b"two")),
        )
        for key in range(COUNT)
    )

    assert all(count > COUNT / 5 for count in pairs.values())
