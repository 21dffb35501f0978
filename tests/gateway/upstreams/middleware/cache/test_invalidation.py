from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.upstreams.middleware.cache.invalidation import (
    Invalidation,
    PathInvalidation,
    PendingInvalidations,
    decode_message,
    encode_message,
)
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import STORED_METHODS, CacheKey

TEXTS = st.text(alphabet="/aé ", max_size=5)
INVALIDATIONS: st.SearchStrategy[Invalidation] = st.one_of(
    st.builds(PathInvalidation, TEXTS, TEXTS, st.booleans()),
    st.builds(
        CacheKey,
        upstream=TEXTS,
        partition=TEXTS,
        method=st.sampled_from(STORED_METHODS),
        path=TEXTS,
        identity=st.binary(max_size=8),
    ),
    st.builds(Purge, upstream=TEXTS, path_prefix=TEXTS, tag=TEXTS),
)


@given(INVALIDATIONS)
def test_other_processes_are_told_what_was_meant(invalidation: Invalidation) -> None:
    assert decode_message(encode_message(invalidation)) == invalidation


@given(st.binary(max_size=60))
def test_no_message_makes_hearing_fail(message: bytes) -> None:
    decode_message(message)


def test_what_is_owed_is_owed_once_until_settled() -> None:
    pending = PendingInvalidations()
    pending.add(PathInvalidation("u", "/1"))
    pending.add(PathInvalidation("u", "/1"))

    pending.discard(PathInvalidation("u", "/1"))

    assert pending.first() is None


def test_settling_what_is_not_owed_changes_nothing() -> None:
    pending = PendingInvalidations()
    pending.add(PathInvalidation("u", "/1"))

    pending.discard(PathInvalidation("u", "/2"))
    pending.discard(Purge(upstream="v"))

    assert pending.first() == PathInvalidation("u", "/1")


def test_more_than_is_kept_is_owed_as_all_of_the_upstream() -> None:
    pending = PendingInvalidations()
    for number in range(501):
        pending.add(PathInvalidation("u", f"/{number}"))

    assert pending.first() == Purge(upstream="u")
