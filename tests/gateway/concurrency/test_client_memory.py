"""The memory that clients share: no client takes all, and nothing is lost."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.concurrency.client_memory import ClientMemory

LIMIT = 120


def filled(memory: ClientMemory, *clients: str) -> Counter[str]:
    """Let clients take one byte each in turn, until no client can take more."""
    held: Counter[str] = Counter()
    while taken := [each for each in clients if memory.take(each, 1)]:
        held.update(taken)
    return held


@pytest.mark.parametrize(
    ("clients", "each_has"), [("a", 60), ("ab", 40), ("abc", 30), ("abcde", 20)]
)
def test_the_memory_is_shared_and_a_part_remains_free(
    clients: str, each_has: int
) -> None:
    memory = ClientMemory(LIMIT)

    assert set(filled(memory, *clients).values()) == {each_has}
    assert memory.limit - memory.used == each_has


def test_a_client_that_arrives_late_has_room() -> None:
    memory = ClientMemory(LIMIT)
    filled(memory, "a")

    assert filled(memory, "b") == {"b": 30}
    assert not memory.take("a", 1)
    memory.release("a", 40)
    assert memory.take("a", 10)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, LIMIT), st.booleans()))
)
def test_the_memory_never_exceeds_its_limit_and_is_given_back(
    steps: list[tuple[str, int, bool]],
) -> None:
    memory = ClientMemory(LIMIT)
    held: Counter[str] = Counter()
    for client, size, takes in steps:
        if takes and memory.take(client, size):
            held[client] += size
        elif not takes and held[client] >= size > 0:
            memory.release(client, size)
            held[client] -= size
        assert memory.used == held.total() < LIMIT
        assert memory.held == +held
    for client, size in held.items():
        if size:
            memory.release(client, size)

    assert memory.used == 0
    assert filled(memory, "a") == {"a": LIMIT // 2}
