"""The balance of connections, by the counts on the board."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_clock import FakeClock
from weir.gateway.server.workers.board import Board, SlotShare


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def board(clock: FakeClock) -> Iterator[Board]:
    board = Board.create(4, clock)
    yield board
    board.close()


def shares(board: Board) -> list[SlotShare]:
    return [SlotShare(board, slot) for slot in range(board.slots)]


@given(st.lists(st.integers(0, 3), min_size=50, max_size=50), st.integers(2, 4))
def test_whoever_wakes_up_first_each_worker_gets_its_part(
    order: list[int], workers: int
) -> None:
    """50 connections, taken by the first worker in a random order that may."""
    board = Board.create(4)
    counts = [0] * workers
    taking = shares(board)[:workers]
    for share in taking:
        share.count(0)
    for first in order:
        awake = [(first + i) % workers for i in range(workers)]
        taker = next(each for each in awake if taking[each].may_accept())
        counts[taker] += 1
        taking[taker].count(counts[taker])
    board.close()

    assert sum(counts) == 50
    assert max(counts) - min(counts) <= 3
    assert all(abs(count - 50 / workers) <= 2 for count in counts)


def test_a_worker_that_does_not_run_holds_nobody_back(
    board: Board, clock: FakeClock
) -> None:
    busy, idle, *_ = shares(board)
    busy.count(10)
    idle.count(0)
    assert not busy.may_accept()
    clock.advance(2)
    assert busy.may_accept()
    board.beat(1)
    assert not busy.may_accept()


def test_a_worker_that_leaves_or_has_ended_holds_nobody_back(board: Board) -> None:
    busy, idle, *_ = shares(board)
    busy.count(10)
    idle.count(0)
    idle.leave()
    idle.count(0)
    assert busy.may_accept()


def test_another_process_sees_the_same_board() -> None:
    board = Board.create(2)
    busy, idle = SlotShare(board, 0), SlotShare(Board.of(board.file), 1)
    busy.count(3)
    idle.count(0)
    assert not busy.may_accept()
    idle.count(1)
    assert busy.may_accept()
