"""What answers say of their age and freshness."""

import pytest

from gateway.headers import Headers
from resolvers.execute.freshness import cache_control
from resolvers.provenance import (
    CacheUse,
    Freshness,
    Provenance,
    merged,
    read_provenance,
)


def lines(text: str) -> Headers:
    return tuple(
        (name.encode(), value.strip().encode())
        for name, _, value in (line.partition(":") for line in text.split(";") if line)
    )


OURS = "cache-status: weir"
READ: list[tuple[str, Provenance]] = [
    ("", Provenance()),
    ("cache-control: max-age=60", Provenance(freshness=Freshness(max_age_s=60))),
    (
        'cache-control: Private , MAX-AGE="5"',
        Provenance(freshness=Freshness(max_age_s=5, private=True)),
    ),
    (
        "cache-control: max-age=60, s-maxage=10",
        Provenance(freshness=Freshness(max_age_s=10)),
    ),
    ("cache-control: no-store", Provenance(freshness=Freshness(no_store=True))),
    ("cache-control: no-cache", Provenance(freshness=Freshness(max_age_s=0))),
    ("cache-control: max-age=soon", Provenance()),
    ("cache-control: max-age=-1", Provenance()),
    (
        "cache-control: public;cache-control: max-age=1",
        Provenance(freshness=Freshness(max_age_s=1)),
    ),
    ("age: 12", Provenance(age_s=12)),
    ("age: old", Provenance()),
    (
        "vary: Accept, accept-language;vary: Cookie",
        Provenance(vary=("accept", "accept-language", "cookie")),
    ),
    (f"{OURS};x-cache: HIT", Provenance(cache=CacheUse.HIT)),
    (f"{OURS};x-cache: REVALIDATED", Provenance(cache=CacheUse.REVALIDATED)),
    (f"{OURS};x-cache: BYPASS", Provenance(cache=CacheUse.MISS)),
    (f"{OURS};x-cache: FALLBACK", Provenance(cache=CacheUse.FALLBACK)),
    (f"{OURS};x-cache: hit;x-cache: STALE", Provenance(cache=CacheUse.STALE)),
    ("x-cache: STALE", Provenance()),
    ("cache-status: cdn, hit;x-cache: HIT", Provenance()),
]


@pytest.mark.parametrize(("headers", "expected"), READ)
def test_reads(headers: str, expected: Provenance) -> None:
    assert read_provenance(lines(headers)) == expected


def part(max_age_s: float | None, age_s: float = 0.0) -> Provenance:
    return Provenance(freshness=Freshness(max_age_s=max_age_s), age_s=age_s)


LIFETIMES: list[tuple[list[Provenance], float | None, float]] = [
    ([], None, 0),
    ([part(60)], 60, 0),
    ([part(60), part(30)], 30, 0),
    ([part(60, 50)], 60, 50),
    ([part(60, 50), part(30)], 60, 50),
    ([part(60, 10), part(30, 5)], 35, 10),
    ([part(10, 20), part(60)], 20, 20),
    ([part(60), part(None)], None, 0),
]


@pytest.mark.parametrize(("parts", "max_age_s", "age_s"), LIFETIMES)
def test_the_whole_is_stale_as_soon_as_one_part_is(
    parts: list[Provenance], max_age_s: float | None, age_s: float
) -> None:
    whole = merged(parts)

    assert (whole.freshness.max_age_s, whole.age_s) == (max_age_s, age_s)


NONE, HIT, MISS, STALE = (
    CacheUse.NONE,
    CacheUse.HIT,
    CacheUse.MISS,
    CacheUse.STALE,
)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((), NONE),
        ((NONE, NONE), NONE),
        ((HIT, HIT), HIT),
        ((HIT, MISS), MISS),
        ((HIT, NONE), MISS),
        ((MISS, STALE, NONE), STALE),
    ],
)
def test_the_worst_part_tells_of_the_whole(
    parts: tuple[CacheUse, ...], whole: CacheUse
) -> None:
    assert merged([Provenance(cache=each) for each in parts]).cache is whole


def test_what_one_part_forbids_the_whole_forbids() -> None:
    private = Provenance(freshness=Freshness(max_age_s=1, private=True), vary=("b",))
    secret = Provenance(freshness=Freshness(no_store=True), vary=("a",))

    assert merged([private, secret]) == Provenance(
        freshness=Freshness(max_age_s=None, private=True, no_store=True),
        vary=("a", "b"),
    )


@pytest.mark.parametrize(
    ("freshness", "expected"),
    [
        (Freshness(), "no-store"),
        (Freshness(max_age_s=60, no_store=True), "no-store"),
        (Freshness(max_age_s=60.9), "public, max-age=60"),
        (Freshness(max_age_s=0, private=True), "private, max-age=0"),
    ],
)
def test_cache_control(freshness: Freshness, expected: str) -> None:
    assert cache_control(freshness) == expected
