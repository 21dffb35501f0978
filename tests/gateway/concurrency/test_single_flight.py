"""Calls that many wait for: what each waiter gets, and when the work ends."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from weir.gateway.concurrency.single_flight import (
    SharedCallCancelled,
    SingleFlight,
    WaitExpired,
)


class Work:
    """Work that ends when told to; counts its starts."""

    def __init__(self) -> None:
        self.calls: list[asyncio.Future[str]] = []
        self.cancelled = 0

    async def __call__(self) -> str:
        call: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.calls.append(call)
        try:
            return await call
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def waiting(
    flight: SingleFlight[str, str], work: Work, timeout_s: float | None = None
) -> "asyncio.Task[str]":
    return asyncio.create_task(flight.run("key", work, timeout_s))


async def turns() -> None:
    """Let the loop do all that is ready."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def flight() -> SingleFlight[str, str]:
    return SingleFlight()


async def test_equal_keys_share_one_call_and_others_do_not(
    flight: SingleFlight[str, str], work: Work
) -> None:
    same = [waiting(flight, work) for _ in range(100)]
    other = asyncio.create_task(flight.run("other", work))
    await turns()

    assert len(work.calls) == len(flight) == 2
    work.calls[0].set_result("a")
    work.calls[1].set_result("b")
    assert set(await asyncio.gather(*same)) == {"a"}
    assert await other == "b"
    assert len(flight) == 0


async def test_a_cancelled_leader_is_nobody_elses_error(
    flight: SingleFlight[str, str], work: Work
) -> None:
    leader, follower = waiting(flight, work), waiting(flight, work)
    await turns()
    leader.cancel()
    await turns()
    work.calls[0].set_result("a")

    assert await follower == "a"
    assert leader.cancelled()


async def test_each_waiter_has_its_own_time(
    flight: SingleFlight[str, str], work: Work
) -> None:
    hurried, patient = waiting(flight, work, 0.001), waiting(flight, work, 60.0)

    with pytest.raises(WaitExpired):
        await hurried
    work.calls[0].set_result("a")

    assert await patient == "a"


async def test_a_timeout_of_the_work_is_not_taken_for_the_waiters(
    flight: SingleFlight[str, str], work: Work
) -> None:
    task = waiting(flight, work, 60.0)
    await turns()
    work.calls[0].set_exception(TimeoutError("of the work"))

    with pytest.raises(TimeoutError, match="of the work"):
        await task


async def test_the_last_waiters_leaving_cancels_the_work(
    flight: SingleFlight[str, str], work: Work
) -> None:
    tasks = [waiting(flight, work) for _ in range(3)]
    await turns()
    for task in tasks[:2]:
        task.cancel()
    await turns()
    assert work.cancelled == 0

    tasks[2].cancel()
    await turns()

    assert work.cancelled == 1
    assert len(flight) == 0


async def test_a_newcomer_does_not_join_a_call_that_everybody_left(
    flight: SingleFlight[str, str], work: Work
) -> None:
    leaving = waiting(flight, work)
    await turns()
    leaving.cancel()
    await asyncio.sleep(0)
    newcomer = waiting(flight, work)
    await turns()
    work.calls[-1].set_result("b")

    assert await newcomer == "b"
    assert len(work.calls) == 2


async def test_a_call_cancelled_from_elsewhere_is_an_error_and_not_a_cancellation(
    flight: SingleFlight[str, str], work: Work
) -> None:
    task = waiting(flight, work)
    await turns()
    work.calls[0].cancel()

    with pytest.raises(SharedCallCancelled):
        await task


async def test_closing_returns_when_all_work_has_ended() -> None:
    flight = SingleFlight[str, str]()
    ended = False

    async def slow_to_end() -> str:
        nonlocal ended
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended = True
        return ""

    task = asyncio.create_task(flight.run("key", slow_to_end))
    await turns()
    task.cancel()
    await turns()
    assert len(flight) == 1, "it has not ended yet"

    await flight.close()

    assert ended
    assert len(flight) == 0


async def test_unwaited_calls_run_to_their_end_up_to_a_number() -> None:
    flight, work = SingleFlight[str, str](max_unwaited=1), Work()
    tasks = [asyncio.create_task(flight.run(key, work)) for key in ("a", "b")]
    await turns()
    for task in tasks:
        task.cancel()
    await turns()

    assert (len(flight), work.cancelled) == (1, 1)
    joined = asyncio.create_task(flight.run("a", work))
    await turns()
    work.calls[0].set_result("a")
    assert await joined == "a"


KEYS = st.sampled_from("ab")


class AnyUse(RuleBasedStateMachine):
    """Whoever waits gets the outcome of the call that it joined, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.flight = SingleFlight[str, str]()
        self.started: dict[int, asyncio.Future[str]] = {}
        self.current: dict[str, int] = {}
        self.waiters: dict[asyncio.Task[str], int] = {}
        self.calls = 0

    def _step(self) -> None:
        self.loop.run_until_complete(turns())

    def _waiting_for(self, call: int) -> "list[asyncio.Task[str]]":
        return [one for one, joined in self.waiters.items() if joined == call]

    def _drop(self, call: int) -> None:
        self.current = {key: one for key, one in self.current.items() if one != call}

    @rule(key=KEYS, together=st.integers(1, 3))
    def join(self, key: str, together: int) -> None:
        if key not in self.current:
            self.calls += 1
            self.current[key] = self.calls
        number = self.current[key]

        async def work() -> str:
            future: asyncio.Future[str] = self.loop.create_future()
            self.started[number] = future
            return await future

        def run() -> Coroutine[Any, Any, str]:
            return self.flight.run(key, work)

        for _ in range(together):
            self.waiters[self.loop.create_task(run())] = number
        self._step()

    @precondition(lambda self: self.waiters)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(list(self.waiters)))
        number = self.waiters.pop(task)
        task.cancel()
        if not self._waiting_for(number):
            self._drop(number)
        self._step()
        assert task.cancelled()
        assert self.started[number].cancelled() == (not self._waiting_for(number))

    @precondition(lambda self: self.waiters)
    @rule(data=st.data(), outcome=st.sampled_from(["done", "failed", "cancelled"]))
    def end(self, data: st.DataObject, outcome: str) -> None:
        number = data.draw(st.sampled_from(sorted(set(self.waiters.values()))))
        future, tasks = self.started[number], self._waiting_for(number)
        match outcome:
            case "done":
                future.set_result(str(number))
            case "failed":
                future.set_exception(ValueError(number))
            case _:
                future.cancel()
        self._drop(number)
        self._step()
        for task in tasks:
            del self.waiters[task]
            assert task.done()
            if outcome == "done":
                assert task.result() == str(number)
            else:
                expected = ValueError if outcome == "failed" else SharedCallCancelled
                assert isinstance(task.exception(), expected)

    @rule()
    def detach(self) -> None:
        self.flight.detach()
        self.current.clear()

    @invariant()
    def a_call_runs_as_long_as_somebody_waits(self) -> None:
        assert len(self.flight) == len(set(self.waiters.values()))
        assert len(self.started) == self.calls, "equal keys started one call"
        assert not any(task.done() for task in self.waiters)

    def teardown(self) -> None:
        self.loop.run_until_complete(self.flight.close())
        self._step()
        for task in self.waiters:
            task.exception()
        self.loop.close()


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=100, deadline=None)
