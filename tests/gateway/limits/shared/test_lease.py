"""The tokens that processes hold: what passes in any time, whatever the store does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.gcra_store import GcraStore
from weir.gateway.limits.adaptive.states import lowered
from weir.gateway.limits.bucket import Decision
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.shared.lease import HELD_S, Lease, Share, share_of


def limit(count: int, window_s: float, burst: int) -> RateLimit:
    return RateLimit(name="all", count=count, window_s=window_s, burst=burst)


@dataclass
class Process:
    """A process with the key's lease; its requests that passed, with their costs."""

    share: Share
    store: GcraStore
    lease: Lease = field(default_factory=Lease)
    passed: list[tuple[float, int]] = field(default_factory=list)
    calls: int = 0

    def request(self, now_s: float, cost: int = 1, reply: str = "in time") -> bool:
        """Decide on a request as `SharedStates` does, with one kind of reply."""
        if reply == "no connection":
            decision = self.lease.take_alone(self.share, now_s, cost)
        else:
            decision = self.lease.take_held(self.share, now_s, cost) or self._call(
                now_s, cost, reply
            )
            self._refill(now_s, reply)
        if decision.allowed:
            self.passed.append((now_s, cost))
        return decision.allowed

    def refund(self, now_s: float) -> None:
        """Give the last request back, which then has not passed."""
        if self.passed:
            _, cost = self.passed.pop()
            self.lease.hold(cost, now_s)
            self._release(now_s)

    def _call(self, now_s: float, cost: int, reply: str) -> Decision:
        self.calls += 1
        take = self.lease.call(self.share, now_s, cost)
        if reply == "in time":
            granted = self.store.take(take, now_s, self.share.limit)
            return self.lease.decide_by_reply(self.share, take, granted, now_s, now_s)
        decision = self.lease.decide_without_reply(self.share, take, now_s)
        if reply == "late":
            granted = self.store.take(take, now_s, self.share.limit)
            self.lease.receive_late(self.share, take, granted, now_s)
            self._release(now_s)
        return decision

    def _refill(self, now_s: float, reply: str) -> None:
        take = self.lease.refill(self.share, now_s) if self.share.lease else None
        if take is not None:
            self.calls += 1
            granted = (
                self.store.take(take, now_s, self.share.limit)
                if reply != "lost"
                else None
            )
            self.lease.refilled(take, granted, now_s, now_s)

    def _release(self, now_s: float) -> None:
        take = self.lease.release(self.share, now_s)
        if take is not None:
            self.store.take(take, now_s, self.share.limit)


def processes(rate: RateLimit, count: int) -> list[Process]:
    store = GcraStore()
    return [Process(share_of(rate, count), store) for _ in range(count)]


def excess(rate: RateLimit, each: list[Process]) -> float:
    """Return the most that passed in a window beyond burst and rate."""
    passed = sorted(request for process in each for request in process.passed)
    return max(_excesses(rate, passed), default=0.0)


def _excesses(rate: RateLimit, passed: list[tuple[float, int]]) -> Iterator[float]:
    for first, (begin_s, _) in enumerate(passed):
        total = 0
        for end_s, cost in passed[first:]:
            total += cost
            yield total - rate.burst - rate.count * (end_s - begin_s) / rate.window_s


rates = st.builds(
    limit,
    st.sampled_from([1, 3, 12, 40, 100, 400]),
    st.sampled_from([1.0, 3.0]),
    st.sampled_from([1, 2, 5, 20, 60]),
)


@dataclass(frozen=True)
class Rush:
    """Requests to one process at once, `pause` tokens' time after those before."""

    pause: float
    process: int
    requests: int
    cost: int
    is_refunded: bool
    reply: str


def rushes(*replies: str) -> st.SearchStrategy[list[Rush]]:
    rush = st.builds(
        Rush,
        st.sampled_from([0, 0.2, 1, 1, 3, 20, 500]),
        st.integers(0, 3),
        st.integers(1, 40),
        st.sampled_from([1, 1, 1, 2, 5]),
        st.sampled_from([False, False, True]),
        st.sampled_from(replies),
    )
    return st.lists(rush, min_size=5, max_size=40)


def run(rate: RateLimit, each: list[Process], schedule: list[Rush]) -> None:
    now_s = 1000.0
    for rush in schedule:
        now_s += rush.pause * rate.interval_s
        if rush.reply == "restarted":
            each[0].store.restart()
        process = each[rush.process % len(each)]
        for _ in range(rush.requests):
            reply = "in time" if rush.reply == "restarted" else rush.reply
            if process.request(now_s, rush.cost, reply) and rush.is_refunded:
                process.refund(now_s)
            left = process.lease.peek(process.share, now_s).remaining
            assert left <= rate.burst
            if reply == "in time":
                assert process.lease.held <= process.share.lease


@given(rates, st.integers(1, 4), rushes("in time"))
def test_no_window_lets_more_pass_than_burst_rate_and_one_lease_of_each(
    rate: RateLimit, count: int, schedule: list[Rush]
) -> None:
    """Refunds are mixed in: they never create tokens."""
    each = processes(rate, count)
    run(rate, each, schedule)

    assert excess(rate, each) <= count * each[0].share.lease + 1e-3
    held = sum(process.lease.held for process in each)
    passed = sum(cost for process in each for _, cost in process.passed)
    assert each[0].store.taken == pytest.approx(passed + held)


@given(
    rates,
    st.integers(1, 4),
    st.lists(
        st.tuples(rushes("in time"), st.sampled_from([1, 0.5, 0.1, 0.01])),
        min_size=1,
        max_size=5,
    ),
)
def test_a_limit_that_is_lowered_and_raised_allows_no_more_than_the_whole(
    rate: RateLimit, count: int, schedules: list[tuple[list[Rush], float]]
) -> None:
    each, now_s = processes(rate, count), 1000.0
    lease = each[0].share.lease
    for schedule, share in schedules:
        for process in each:
            process.share = lowered_share(rate, share, count)
        for rush in schedule:
            now_s += rush.pause * rate.interval_s
            process = each[rush.process % count]
            for _ in range(rush.requests):
                if process.request(now_s, rush.cost) and rush.is_refunded:
                    process.refund(now_s)

    assert excess(rate, each) <= count * lease + 1e-3


def lowered_share(rate: RateLimit, share: float, processes: int) -> Share:
    return share_of(lowered(rate, share), processes, rate.interval_s)


def test_a_token_of_the_whole_rate_is_given_back_as_one_when_it_is_lowered() -> None:
    rate = limit(1, 1, 10)
    one, other = processes(rate, 2)
    for process, cost in ((one, 5), (other, 3)):
        assert process.request(1000, cost)
    one.share = lowered_share(rate, 0.1, 2)
    one.refund(1000)

    assert [other.request(1000) for _ in range(8)] == [True] * 7 + [False]


@given(rates, st.integers(1, 4), rushes("in time", "late", "lost", "no connection"))
def test_a_slow_or_lost_store_adds_one_burst(
    rate: RateLimit, count: int, schedule: list[Rush]
) -> None:
    each = processes(rate, count)
    run(rate, each, schedule)

    # Each process has a share of one request at least.
    shares = max(rate.burst, count)
    leases = count * each[0].share.lease
    assert excess(rate, each) <= leases + shares + 1e-3


def rush(reply: str, requests: int, cost: int = 1, pause: float = 0) -> Rush:
    return Rush(pause, 0, requests, cost, is_refunded=False, reply=reply)


# What a call without a reply has reported is reported again.
LOST = [
    *(rush("in time", 34), rush("lost", 21), rush("lost", 10, 2, 20)),
    *(rush("in time", 1), rush("lost", 33), rush("in time", 32)),
]
# A late token pays for the one that was used without it, and is no further one.
LATE = [
    *(rush("in time", 1), rush("late", 1, 1, 1), rush("late", 1, 2, 1)),
    *(rush("in time", 1), rush("late", 2, 1, 1)),
]


@pytest.mark.parametrize(
    ("rate", "schedule"), [(limit(1, 1, 60), LOST), (limit(12, 1, 1), LATE)]
)
def test_a_store_that_comes_and_goes_adds_one_burst(
    rate: RateLimit, schedule: list[Rush]
) -> None:
    each = processes(rate, 1)
    run(rate, each, schedule)

    assert excess(rate, each) <= rate.burst + each[0].share.lease + 1e-3


@given(rates, st.integers(1, 4), rushes("in time", "in time", "restarted"))
def test_a_restart_of_the_store_adds_one_burst(
    rate: RateLimit, count: int, schedule: list[Rush]
) -> None:
    each = processes(rate, count)
    run(rate, each, schedule)

    restarts = sum(rush.reply == "restarted" for rush in schedule)
    leases = count * each[0].share.lease
    assert excess(rate, each) <= leases + restarts * rate.burst + 1e-3


@pytest.mark.parametrize(("per_s", "count"), [(3, 3), (30, 3), (60, 3), (300, 3)])
def test_a_client_at_twice_its_limit_gets_all_of_it(per_s: int, count: int) -> None:
    rate, random = limit(per_s, 1, per_s), Random(7)  # noqa: S311 - a schedule
    each = processes(rate, count)
    for number in range(2 * per_s * 30):
        random.choice(each).request(1000 + number / (2 * per_s))

    passed = sum(len(process.passed) for process in each)
    leases = count * each[0].share.lease
    assert 0.95 * per_s * 30 <= passed <= per_s + per_s * 30 + leases


@pytest.mark.parametrize(("per_s", "burst"), [(3, 3), (60, 60), (60, 600), (300, 50)])
def test_a_client_below_its_limit_is_not_rejected_wherever_its_requests_go(
    per_s: int, burst: int
) -> None:
    """Four of five requests go to one of three processes."""
    rate = limit(per_s, 1, burst)
    one, *others = processes(rate, 3)
    for number in range(per_s * 20):
        process = others[number % 2] if number % 5 == 0 else one
        assert process.request(1000 + number / (0.9 * per_s))


@pytest.mark.parametrize(
    ("per_s", "count", "calls"),
    [(5, 1, 1.0), (20, 3, 1.0), (60, 1, 0.12), (100, 3, 0.2), (1000, 3, 0.03)],
)
def test_most_requests_of_a_fast_key_need_no_call(
    per_s: int, count: int, calls: float
) -> None:
    each = processes(limit(per_s, 1, per_s), count)
    requests = 20 * per_s
    for number in range(requests):
        each[number % count].request(1000 + number / (0.8 * per_s))

    assert sum(process.calls for process in each) <= calls * requests


@pytest.mark.parametrize("per_s", [3, 300])
def test_a_flood_beyond_the_limit_needs_few_calls(per_s: int) -> None:
    (process,) = processes(limit(per_s, 1, per_s), 1)
    for _ in range(10_000):
        process.request(1000)

    assert len(process.passed) == per_s
    assert process.calls <= 10


def test_what_was_used_without_the_store_is_charged_once() -> None:
    (process,) = processes(limit(1, 60, 10), 1)
    for _ in range(10):
        assert process.request(1000, reply="no connection")

    assert not process.request(1000)
    assert process.request(1061)
    assert process.store.taken == pytest.approx(11)


def test_a_reply_does_not_hide_what_was_used_without_the_store_meanwhile() -> None:
    (process,) = processes(limit(1, 60, 10), 1)
    share, lease = process.share, process.lease
    take = lease.call(share, 1000, 1)
    lease.take_alone(share, 1000, 4)

    granted = process.store.take(take, 1000, share.limit)
    lease.decide_by_reply(share, take, granted, 1000, 1000)

    assert lease.call(share, 1000, 1).charge_s == pytest.approx(4 * 60)


def test_requests_at_once_take_one_lease() -> None:
    (process,) = processes(limit(100, 1, 100), 1)
    share, lease = process.share, process.lease
    takes = [lease.call(share, 1000, 1) for _ in range(5)]

    assert [take.wanted for take in takes] == [share.lease, 1, 1, 1, 1]


def test_tokens_are_held_for_a_second_and_then_go_back() -> None:
    one, other = processes(limit(100, 60, 100), 1), processes(limit(12, 1, 12), 1)
    assert one[0].share.lease == 0

    (process,) = other
    process.request(1000)
    held = process.lease.held
    assert process.lease.peek(process.share, 1000).remaining == 11
    process.request(1000 + HELD_S)

    assert held == process.share.lease - 1
    assert process.lease.peek(process.share, 1000 + HELD_S).remaining == 11


# The rate per second, the burst, the processes: the lease, and the burst of one alone.
SHARES = [
    (100, 100, 1, 25, 100),
    (100, 100, 4, 6, 25),
    (40, 40, 4, 2, 10),
    (39, 40, 4, 0, 10),
    (100, 1, 1, 1, 1),
    (100, 10, 4, 1, 2),
    (2, 3, 4, 0, 1),
]


@pytest.mark.parametrize(("per_s", "burst", "count", "lease", "alone"), SHARES)
def test_a_share_is_a_part_of_the_limit(
    per_s: int, burst: int, count: int, lease: int, alone: int
) -> None:
    share = share_of(limit(per_s, 1, burst), count)

    assert (share.lease, share.alone.burst) == (lease, alone)
    assert share.alone.interval_s == pytest.approx(count / per_s)
