"""A façade's response never allows a cache more than any response it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.support.calls import request_context
from weir.bffs.facades.http.cache_headers import cache_fields
from weir.gateway.headers import Headers, header
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.provenance import (
    Provenance,
    provenance_of_operation,
    read_provenance,
)

Part: TypeAlias = tuple[str, int]
"""A Cache-Control, and an Age in seconds."""


def whole(
    parts: Sequence[Part], *, authorized: bool = False, has_validator: bool = True
) -> tuple[str, int]:
    """Return Cache-Control and Age of a response made of `parts`."""
    client = {b"authorization": b"Bearer a"} if authorized else {}
    context = structs.replace(request_context(), client_headers=client)
    found = provenance_of_operation([*map(read_part, parts)], context)
    result = ExecutionResult(
        data={}, completed=True, cache_control=found.cache_control, age_s=found.age_s
    )
    fields = cache_fields(result, reusable=True, has_validator=has_validator)
    control, age = header(fields, b"cache-control"), header(fields, b"age")
    assert control is not None
    return control.decode(), int(age or 0)


def read_part(part: Part) -> Provenance:
    headers: Headers = (
        (b"cache-control", part[0].encode()),
        (b"age", b"%d" % part[1]),
    )
    return read_provenance(headers)


WHOLES: list[tuple[tuple[Part, ...], bool, str]] = [
    ((("max-age=60", 0),), False, "max-age=60"),
    ((("max-age=60", 0),), True, "private, max-age=60"),
    ((("public, max-age=60", 0),), True, "public, max-age=60"),
    (
        (("s-maxage=60", 0),),
        False,
        "max-age=0, s-maxage=60, proxy-revalidate",
    ),
    ((("max-age=60, must-revalidate", 0),), False, "max-age=60, must-revalidate"),
    ((("max-age=60, no-cache", 0),), False, "no-cache, max-age=60"),
    ((("max-age=60, max-age=30", 0),), False, "max-age=30"),
    ((("max-age=60", 0), ("max-age=30", 0)), False, "max-age=30"),
    ((("max-age=60", 50), ("max-age=30", 0)), False, "max-age=60"),
    ((("public, max-age=60", 0), ("max-age=60", 0)), False, "max-age=60"),
    ((("public, max-age=60", 0), ("private", 0)), False, "private, no-cache"),
    ((("public, max-age=60", 0), ("", 0)), False, "no-cache"),
    ((("public, max-age=60", 0), ("no-store", 0)), False, "no-store"),
    (
        (("max-age=60, stale-if-error=9", 65), ("max-age=60, stale-if-error=9", 0)),
        False,
        "max-age=65, stale-if-error=4",
    ),
]


@pytest.mark.parametrize(("parts", "authorized", "expected"), WHOLES)
def test_the_cache_control_of_the_whole_allows_what_all_parts_allow(
    parts: tuple[Part, ...], *, authorized: bool, expected: str
) -> None:
    assert whole(parts, authorized=authorized)[0] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", "no-store"), ("no-transform", "no-store, no-transform"), ("no-cache",) * 2],
)
def test_without_a_validator_only_what_states_its_reuse_is_stored(
    value: str, expected: str
) -> None:
    assert whole([(value, 0)], has_validator=False)[0] == expected


NOTHING, VALIDATED, STALE, FRESH = range(4)
"""What a cache may do: not store, use after validation, use stale, use."""


@dataclass(frozen=True)
class Cache:
    """A cache downstream, and a request of its; `window_s` is its own for staleness."""

    shared: bool
    authorized: bool
    window_s: int

    def allowance(self, part: Part, window: str, elapsed_s: int) -> int:
        """Return what RFC 9111 allows this cache, read by the letter."""
        directives = (each.strip().partition("=") for each in part[0].split(","))
        stated = {name: value for name, _, value in directives}
        if "no-store" in stated or (self.shared and self._may_not_share(stated)):
            return NOTHING
        if "no-cache" in stated:
            return VALIDATED
        lifetime = stated.get("max-age")
        if self.shared:
            lifetime = stated.get("s-maxage", lifetime)
        if lifetime is None:
            # By heuristics, for as long as the cache thinks fit.
            return FRESH
        stale_s = part[1] + elapsed_s - int(lifetime)
        if stale_s < 0:
            return FRESH
        strict = {"must-revalidate"}
        if self.shared:
            strict |= {"proxy-revalidate", "s-maxage"}
        if strict & stated.keys() or stale_s >= int(stated.get(window, self.window_s)):
            return VALIDATED
        return STALE

    def _may_not_share(self, stated: dict[str, str]) -> bool:
        permitting = {"public", "s-maxage", "must-revalidate"}
        return "private" in stated or (
            self.authorized and not permitting & stated.keys()
        )


FLAGS = (
    "public",
    "private",
    "no-store",
    "no-cache",
    "must-revalidate",
    "proxy-revalidate",
    "must-understand",
    "no-transform",
    "immutable",
)
SECONDS = ("s-maxage", "stale-while-revalidate", "stale-if-error")
LIFETIMES = st.sampled_from(("max-age=6", "max-age=3", "max-age=0", "public"))
DIRECTIVES = st.one_of(
    st.sampled_from(FLAGS),
    st.builds("{}={}".format, st.sampled_from(SECONDS), st.integers(0, 6)),
)
CONTROLS = st.builds(
    lambda lifetime, others: ", ".join((lifetime, *others)),
    LIFETIMES,
    st.lists(DIRECTIVES, max_size=4, unique_by=lambda each: each.split("=")[0]),
)
PARTS = st.tuples(CONTROLS, st.integers(0, 4))
CACHES = st.builds(Cache, st.booleans(), st.booleans(), st.sampled_from((0, 100)))


@settings(max_examples=600)
@given(
    parts=st.lists(PARTS, min_size=1, max_size=3),
    cache=CACHES,
    window=st.sampled_from(("stale-while-revalidate", "stale-if-error")),
    has_validator=st.booleans(),
)
def test_no_cache_may_do_more_with_the_whole_than_with_any_part(
    parts: list[Part], cache: Cache, window: str, *, has_validator: bool
) -> None:
    made = whole(parts, authorized=cache.authorized, has_validator=has_validator)

    for part, elapsed_s in product(parts, range(12)):
        allowed = cache.allowance(part, window, elapsed_s)
        assert cache.allowance(made, window, elapsed_s) <= allowed, (made, part)


@given(parts=st.lists(PARTS, min_size=1, max_size=3), has_validator=st.booleans())
def test_a_directive_of_one_part_restricts_the_whole(
    parts: list[Part], *, has_validator: bool
) -> None:
    made = whole(parts, has_validator=has_validator)[0].split(", ")

    named = [part[0].split(", ") for part in parts]
    if any("no-transform" in each for each in named):
        assert "no-transform" in made
    for permission in ("public", "immutable"):
        if permission in made:
            assert all(permission in each for each in named)
    # Nothing is left to a cache's own guess.
    assert any(each.startswith(("no-store", "no-cache", "max-age")) for each in made)
