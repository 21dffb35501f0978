"""The gradual removal of instances: how many remain, and for how long."""

from collections.abc import Callable
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.upstreams.instances.removal import (
    INTERVAL_S,
    GradualRemoval,
    Specs,
)


def specs(names: str) -> Specs:
    return tuple(InstanceSpec(name) for name in names)


def names(found: Specs) -> str:
    return "".join(spec.url for spec in found)


def healthy_but(failed: str) -> Callable[[], frozenset[str]]:
    return lambda: frozenset(ascii_lowercase) - set(failed)


@pytest.mark.parametrize(
    ("known", "found", "failed", "expected"),
    [
        ("", "abc", "", "abc"),
        ("abc", "abcd", "", "abcd"),
        ("abcd", "ab", "", "ab"),
        ("abcd", "a", "", "ab"),
        ("abcd", "wxyz", "", "wxyz"),
        ("abcd", "x", "", "xa"),
        ("abc", "a", "", "ab"),
        ("ab", "x", "", "x"),
        ("a", "x", "", "x"),
        ("abcd", "a", "bc", "ad"),
        ("abcd", "a", "bcd", "a"),
    ],
)
def test_the_number_shrinks_by_half_and_failed_instances_go_at_once(
    known: str, found: str, failed: str, expected: str
) -> None:
    removal = GradualRemoval(0.5)

    allowed = removal.allowed(specs(known), specs(found), healthy_but(failed), 10.0)

    assert names(allowed) == expected


@pytest.mark.parametrize(
    ("max_removed", "expected"),
    [(0.0, "abcdefghij"), (0.1, "abcdefghi"), (0.95, "a"), (1.0, "a")],
)
def test_the_share_is_that_of_the_policy(max_removed: float, expected: str) -> None:
    removal = GradualRemoval(max_removed)

    allowed = removal.allowed(specs("abcdefghij"), specs("a"), healthy_but(""), 10.0)

    assert names(allowed) == expected


def test_several_changes_within_an_interval_are_one() -> None:
    removal, healthy = GradualRemoval(0.5), healthy_but("")
    known = specs("abcdefgh")

    for found, at_s, expected in [
        ("abcdef", 10.0, 6),
        ("abc", 20.0, 4),
        ("a", 30.0, 4),
        ("a", 10.0 + INTERVAL_S, 2),
        ("a", 10.0 + 2 * INTERVAL_S, 1),
    ]:
        known = removal.allowed(known, specs(found), healthy, at_s)
        assert len(known) == expected


def test_instances_that_were_added_within_the_interval_count() -> None:
    removal, healthy = GradualRemoval(0.5), healthy_but("")
    removal.allowed(specs("ab"), specs("a"), healthy, 10.0)

    allowed = removal.allowed(specs("abcdefgh"), specs("a"), healthy, 11.0)

    assert len(allowed) == 4


def test_the_health_of_all_instances_is_read_once() -> None:
    reads: list[None] = []

    def healthy() -> frozenset[str]:
        reads.append(None)
        return frozenset("abcdefgh")

    GradualRemoval(0.5).allowed(specs("abcdefgh"), specs("x"), healthy, 10.0)

    assert len(reads) == 1


@given(
    known=st.sets(st.sampled_from("abcdefghijkl")),
    found=st.sets(st.sampled_from("ghijklmnop"), min_size=1),
    failed=st.sets(st.sampled_from("abcdefghijkl")),
    share=st.floats(0.0, 1.0),
)
def test_all_found_are_used_and_only_healthy_known_ones_remain(
    known: set[str], found: set[str], failed: set[str], share: float
) -> None:
    before, now = specs("".join(sorted(known))), specs("".join(sorted(found)))

    allowed = GradualRemoval(share).allowed(
        before, now, healthy_but("".join(failed)), 10.0
    )

    assert allowed[: len(now)] == now
    remaining = {spec.url for spec in allowed[len(now) :]}
    assert remaining <= known - found - failed
    assert len(allowed) <= max(len(before), len(now))
