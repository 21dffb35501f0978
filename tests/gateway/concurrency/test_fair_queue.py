"""The order of a queue that clients share, and what a full one drops."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.concurrency.fair_queue import FairQueue


def filled(*entries: tuple[str, str, int]) -> FairQueue[str]:
    queue = FairQueue[str](limit=99)
    for name, client, cost in entries:
        assert queue.push(name, client, cost, 0.0) == []
    return queue


def drained(queue: FairQueue[str]) -> str:
    return "".join(entry for entry in iter(queue.pop, None))


@pytest.mark.parametrize(
    ("entries", "order"),
    [
        ([("a", "A", 1), ("b", "A", 1), ("c", "A", 1)], "abc"),
        ([("a", "A", 1), ("b", "A", 1), ("c", "B", 1), ("d", "B", 1)], "acbd"),
        ([("a", "A", 9), ("b", "B", 1), ("c", "C", 1)], "bca"),
        ([("a", "A", 5), ("b", "B", 2), ("c", "B", 2), ("d", "B", 2)], "bcad"),
    ],
    ids=[
        "one client's in order of arrival",
        "clients take turns",
        "a cheap entry before a dear one of another client",
        "many cheap ones cost as much as a dear one",
    ],
)
def test_the_next_is_that_of_the_client_that_had_least(
    entries: list[tuple[str, str, int]], order: str
) -> None:
    assert drained(filled(*entries)) == order


def test_a_newcomer_is_served_after_one_turn_of_each_other_client() -> None:
    queue = filled(*[(f"{n}", "A", 10) for n in range(50)])
    for _ in range(20):
        queue.pop()
    queue.push("new", "B", 10, 0.0)

    assert [queue.pop(), queue.pop()] == ["20", "new"]


def test_a_client_that_was_away_has_saved_nothing_up() -> None:
    queue = filled(*[(f"{n}", "A", 10) for n in range(5)])
    for _ in range(3):
        queue.pop()
    for name in "xyz":
        queue.push(name, "B", 10, 0.0)

    assert drained(queue) == "3x4yz"


def test_entries_that_may_not_leave_stay() -> None:
    queue = filled(("a", "A", 1), ("b", "B", 2), ("c", "C", 3))

    assert queue.pop(lambda entry: entry == "c") == "c"
    assert queue.pop(lambda entry: entry == "c") is None
    assert drained(queue) == "ab"


def test_an_entry_that_left_is_not_served() -> None:
    queue = filled(("a", "A", 1), ("b", "B", 1), ("c", "C", 1))

    assert queue.discard("b")
    assert not queue.discard("b")
    assert drained(queue) == "ac"


@pytest.mark.parametrize(
    ("newcomer", "dropped"),
    [
        (("new", "A", 1), "new"),
        (("new", "B", 9), "new"),
        (("new", "B", 1), "a3"),
    ],
    ids=["its client has most", "it is dear", "another client has more"],
)
def test_a_full_queue_drops_what_would_be_served_last(
    newcomer: tuple[str, str, int], dropped: str
) -> None:
    queue = FairQueue[str](limit=3)
    for number in (1, 2, 3):
        queue.push(f"a{number}", "A", 1, 0.0)

    assert queue.push(*newcomer, 0.0) == [dropped]
    assert len(queue) == 3


def test_the_oldest_is_known_by_its_age() -> None:
    queue = FairQueue[str](limit=3)
    assert queue.oldest_s(9.0) == 0.0
    queue.push("a", "A", 100, 10.0)
    queue.push("b", "B", 1, 12.0)

    assert queue.oldest_s(15.0) == 5.0
    queue.discard("a")
    assert queue.oldest_s(15.0) == 3.0


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 50)), max_size=60))
def test_clients_that_always_wait_are_served_alike(
    pushes: list[tuple[str, int]],
) -> None:
    """What two clients that still wait have got differs by one entry at most."""
    queue = FairQueue[int](limit=99)
    for number, (client, cost) in enumerate(pushes):
        queue.push(number, client, cost, 0.0)
    waiting = Counter(client for client, _ in pushes)
    served = Counter[str]()
    for entry in iter(queue.pop, None):
        client, cost = pushes[entry]
        served[client] += cost
        waiting[client] -= 1
        still = [one for one in waiting if waiting[one]]
        for one in still:
            for other in still:
                assert abs(served[one] - served[other]) <= 50


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from("ABCD"), st.integers(1, 9)), st.just("pop")
        ),
        max_size=60,
    )
)
def test_nothing_is_lost_and_nothing_served_twice(
    steps: list[tuple[str, int] | str],
) -> None:
    queue = FairQueue[int](limit=4)
    pushed, out = set[int](), list[int]()
    for number, step in enumerate(steps):
        if isinstance(step, str):
            gone = queue.pop()
            out += [] if gone is None else [gone]
        else:
            pushed.add(number)
            out += queue.push(number, *step, 0.0)
        assert len(queue) <= 4
    out += list(iter(queue.pop, None))

    assert sorted(out) == sorted(pushed)
