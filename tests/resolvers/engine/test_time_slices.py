"""Threads that compute in turns."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from weir.resolvers.engine.time_slices import TimeSlices

WITHIN_S = 30
STUCK_S = 0.05


def test_a_thread_computes_when_another_has_offered_its_turn() -> None:
    slices, waits, order = TimeSlices(), Event(), list[str]()

    def long() -> None:
        with slices.turn() as turn:
            waits.set()
            while "short" not in order:
                turn.offer()
            order.append("long")

    def short() -> None:
        assert waits.wait(WITHIN_S)
        with slices.turn():
            order.append("short")

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(long), threads.submit(short)]:
            each.result(WITHIN_S)

    assert order == ["short", "long"]


def test_a_thread_that_is_stuck_loses_its_turn() -> None:
    slices, began, may_end = TimeSlices(STUCK_S), Event(), Event()

    def stuck() -> str:
        with slices.turn() as turn:
            began.set()
            may_end.wait(WITHIN_S)
            turn.offer()
            return "ended"

    def quick() -> str:
        with slices.turn():
            return "quick"

    with ThreadPoolExecutor(3) as threads:
        blocked = threads.submit(stuck)
        assert began.wait(WITHIN_S)
        others = [threads.submit(quick) for _ in range(2)]
        assert [each.result(WITHIN_S) for each in others] == ["quick"] * 2
        assert not blocked.done()

        may_end.set()
        assert blocked.result(WITHIN_S) == "ended"
        assert threads.submit(quick).result(WITHIN_S) == "quick"
