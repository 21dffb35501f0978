from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.upstreams.middleware.cache.invalidation import (
    Forgetting,
    Invalidation,
    Owed,
    decode_message,
    encode_message,
)
from weir.gateway.upstreams.middleware.cache.store import Purge

TEXTS = st.text(alphabet="/aé ", max_size=5)
FORGETTINGS: st.SearchStrategy[Forgetting] = st.one_of(
    st.builds(Invalidation, TEXTS, TEXTS),
    st.builds(Purge, upstream=TEXTS, path_prefix=TEXTS, tag=TEXTS),
)


@given(FORGETTINGS)
def test_other_processes_are_told_what_was_meant(forgetting: Forgetting) -> None:
    assert decode_message(encode_message(forgetting)) == forgetting


@given(st.binary(max_size=60))
def test_no_message_makes_hearing_fail(message: bytes) -> None:
    decode_message(message)


def test_what_is_owed_is_owed_once_until_settled() -> None:
    owed = Owed()
    owed.add(Invalidation("u", "/1"))
    owed.add(Invalidation("u", "/1"))

    owed.settle(Invalidation("u", "/1"))

    assert owed.first() is None


def test_settling_what_is_not_owed_changes_nothing() -> None:
    owed = Owed()
    owed.add(Invalidation("u", "/1"))

    owed.settle(Invalidation("u", "/2"))
    owed.settle(Purge(upstream="v"))

    assert owed.first() == Invalidation("u", "/1")


def test_more_than_is_kept_is_owed_as_all_of_the_upstream() -> None:
    owed = Owed()
    for number in range(501):
        owed.add(Invalidation("u", f"/{number}"))

    assert owed.first() == Purge(upstream="u")
