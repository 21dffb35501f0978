"""One client cannot open a breaker for the others; a service that is down can."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.upstreams.middleware.breaker.breaker import Breaker, BreakerState
from weir.gateway.upstreams.middleware.breaker.fair_breaker import FairBreaker
from weir.gateway.upstreams.model.policy import BreakerPolicy

POLICY = BreakerPolicy(failures=3, open_for_s=30.0, probes=2)
CLOSED, OPEN, HALF_OPEN = BreakerState
POISON, GOOD = "poison", "good"


@dataclass(frozen=True)
class Call:
    """An admitted call."""

    breaker: FairBreaker
    by: Breaker
    permit: int
    client: str

    def fails(self, now_s: float) -> None:
        self.breaker.failed(self.by, self.permit, self.client, now_s)

    def succeeds(self, now_s: float) -> None:
        self.by.succeeded(self.permit, now_s)

    def is_abandoned(self) -> None:
        self.by.abandoned(self.permit)


class Story:
    """A breaker, and the transitions that it reported."""

    def __init__(self, policy: BreakerPolicy = POLICY) -> None:
        self.changes: list[tuple[str, str]] = []
        self.breaker = FairBreaker(
            policy,
            0.0,
            lambda client: (
                lambda _, after, __: self.changes.append((client, after.value))
            ),
        )

    def calls(self, client: str, now_s: float = 0.0) -> Call | None:
        by = self.breaker.of(client)
        permit = by.admit(now_s)
        return None if permit is None else Call(self.breaker, by, permit, client)

    def admitted(self, client: str, now_s: float = 0.0) -> Call:
        call = self.calls(client, now_s)
        assert call is not None
        return call

    def fails(self, client: str, times: int = 1, now_s: float = 0.0) -> None:
        for _ in range(times):
            self.admitted(client, now_s).fails(now_s)

    def succeeds(self, client: str, times: int = 1, now_s: float = 0.0) -> None:
        for _ in range(times):
            self.admitted(client, now_s).succeeds(now_s)

    def rejects(self, client: str, now_s: float = 0.0) -> bool:
        return self.calls(client, now_s) is None


def test_a_client_whose_calls_fail_is_rejected_alone() -> None:
    story = Story()

    story.fails(POISON, 3)

    assert story.rejects(POISON)
    assert story.breaker.client(0.0) == POISON
    assert story.breaker.shown(0.0).state is OPEN
    assert story.breaker.of(POISON).retry_after_s(10.0) == 20.0
    assert not story.rejects(GOOD)
    assert story.breaker.of(GOOD).retry_after_s(10.0) == 0.0
    assert story.changes == [(POISON, "open")]


def test_calls_in_flight_of_one_client_only_open_its_own_breaker() -> None:
    story = Story()
    calls = [story.admitted(POISON) for _ in range(50)]

    for call in calls:
        call.fails(2.0)

    assert story.rejects(POISON, 2.0)
    story.succeeds(GOOD, now_s=2.0)
    assert story.changes == [(POISON, "open")]


def test_the_failures_of_a_second_client_open_it_for_all() -> None:
    story = Story()
    story.fails(POISON, 3)

    story.fails(GOOD, 3)

    assert story.rejects("another")
    assert story.breaker.client(0.0) is None
    assert story.changes == [(POISON, "open"), ("", "open")]


def test_failures_of_several_clients_open_it_after_one_more_than_in_a_row() -> None:
    story = Story()

    for client in "abcd":
        story.fails(client)

    assert story.rejects("e")
    assert story.changes == [("", "open")]


def test_a_chance_failure_of_another_client_does_not_help_to_open_it() -> None:
    policy = BreakerPolicy(failures=5, failed_share=1.0)
    story = Story(policy)

    for _ in range(20):
        story.succeeds(GOOD)
        story.fails(GOOD)
        for _ in range(4):
            story.fails(POISON)
        story.succeeds(POISON)

    assert story.changes == []


def test_the_share_of_failed_calls_of_one_client_is_its_own() -> None:
    policy = BreakerPolicy(failures=99, failed_share=0.5, min_calls=10)
    story = Story(policy)

    for _ in range(9):
        story.fails(POISON)
        story.succeeds(GOOD)
    story.fails(POISON)

    assert story.changes == [(POISON, "open")]


def test_the_client_is_probed_alone_and_its_breaker_closes() -> None:
    story = Story()
    story.fails(POISON, 3)

    story.succeeds(POISON, 2, now_s=30.0)

    assert story.breaker.client(30.0) is None
    assert story.changes == [
        (POISON, "open"),
        (POISON, "half_open"),
        (POISON, "closed"),
    ]


def down(now_s: float = 0.0) -> Story:
    """Return a breaker that two clients have opened."""
    story = Story()
    story.fails("a", 2, now_s)
    story.fails("b", 3, now_s)
    assert story.rejects("c", now_s)
    story.changes.clear()
    return story


def test_one_client_cannot_prolong_an_outage() -> None:
    story = down()

    story.fails(POISON, now_s=30.0)
    assert story.rejects(POISON, 30.0)
    story.succeeds(GOOD, 2, now_s=30.0)

    assert story.rejects(POISON, 30.0)
    assert story.changes == [("", "half_open"), (POISON, "open"), ("", "closed")]


def test_a_probe_of_one_client_is_not_decisive_without_earlier_failures() -> None:
    story = down()
    story.breaker.reset(0.0)
    for client in "abcd":
        story.fails(client)
    story.breaker.probe_early(1.0)

    story.fails(POISON, now_s=1.0)

    assert not story.rejects(GOOD, 1.0)


def test_probes_of_two_clients_that_fail_open_it_again() -> None:
    story = down()

    story.fails("a", now_s=30.0)
    story.fails("b", now_s=30.0)

    assert story.rejects("c", 30.0)


def test_the_only_client_left_closes_it() -> None:
    story = down()
    story.fails("a", now_s=30.0)

    story.succeeds("a", 2, now_s=60.0)
    story.succeeds("a", 2, now_s=60.0)

    assert story.breaker.shown(60.0).state is CLOSED


def test_a_client_that_left_while_rejected_does_not_count_later() -> None:
    story = Story()
    story.fails("gone", 3)

    story.fails(POISON, 3, now_s=60.0)

    assert story.rejects(POISON, 60.0)
    assert not story.rejects(GOOD, 60.0)
    assert story.breaker.client(60.0) == POISON


def test_a_drill_and_a_reset_apply_to_the_suspect_too() -> None:
    story = Story()
    story.fails(POISON, 3)

    story.breaker.force(CLOSED)
    assert not story.rejects(POISON)
    story.breaker.force(None)
    assert story.rejects(POISON)
    story.breaker.reset(1.0)
    assert not story.rejects(POISON)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["call", "failed", "succeeded", "abandoned", "good", "early"]),
        st.sampled_from([0.0, 0.5, 9.0, 31.0]),
    ),
    max_size=80,
)


@pytest.mark.parametrize("failures", [1, 2, 5])
@given(events=EVENTS)
def test_a_client_whose_calls_succeed_is_never_rejected_for_another(
    failures: int, events: list[tuple[str, float]]
) -> None:
    policy = BreakerPolicy(failures=failures, min_calls=2, open_for_s=30.0, probes=1)
    story, now_s, running = Story(policy), 0.0, list[Call]()
    for event, wait_s in events:
        now_s += wait_s
        if event == "call":
            call = story.calls(POISON, now_s)
            running += [] if call is None else [call]
        elif event == "good":
            story.succeeds(GOOD, now_s=now_s)
        elif event == "early":
            story.breaker.probe_early(now_s)
        elif running and event == "abandoned":
            running.pop().is_abandoned()
        elif running and event == "failed":
            running.pop().fails(now_s)
        elif running:
            running.pop().succeeds(now_s)
    story.succeeds(GOOD, now_s=now_s)


@given(clients=st.lists(st.sampled_from("abcdef"), min_size=200, max_size=200))
def test_a_service_that_is_down_gets_few_calls_of_each_client(
    clients: list[str],
) -> None:
    story, calls = Story(), Counter[str]()
    for client in clients:
        call = story.calls(client)
        if call is not None:
            calls[client] += 1
            call.fails(0.0)

    assert all(count <= 2 * POLICY.failures for count in calls.values())
    assert calls.total() <= 4 * POLICY.failures
