from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from weir.gateway.upstreams.middleware.concurrency.adaptive_limit import AdaptiveLimit
from weir.gateway.upstreams.middleware.concurrency.limit import ConcurrencyLimit

FOREVER = 1e9
GO, WAIT, REJECT = "go", "wait", "reject"


def arrive(limit: ConcurrencyLimit, now_s: float, deadline_s: float = FOREVER) -> str:
    """Return the decision about a call."""
    if limit.begin(now_s):
        return GO
    return WAIT if limit.queue_up(now_s, deadline_s) else REJECT


def test_calls_go_up_to_the_limit_then_wait_then_are_refused() -> None:
    limit = ConcurrencyLimit(2, 1)

    assert [arrive(limit, 0.0) for _ in range(4)] == [
        GO,
        GO,
        WAIT,
        REJECT,
    ]


def test_one_that_ends_lets_the_first_waiting_go() -> None:
    limit = ConcurrencyLimit(1, 1)
    arrive(limit, 0.0)
    arrive(limit, 0.0)

    assert limit.end(0.0, 1.0) == 1
    assert limit.end(1.0, 2.0) == 0
    assert limit.in_flight == 0


def test_a_call_that_could_not_be_served_in_time_is_refused_on_arrival() -> None:
    limit = ConcurrencyLimit(1, 100)
    for _ in range(60):
        arrive(limit, 0.0)
    for second in range(50):
        limit.end(0.0, float(second))

    waiting = limit.waiting
    assert arrive(limit, 50.0, 50.0 + waiting * 0.5) == REJECT
    assert arrive(limit, 50.0, 50.0 + waiting * 2.0) == WAIT


def test_the_first_wait_is_estimated_from_the_calls_before_it() -> None:
    limit = ConcurrencyLimit(8, 100)
    for second in range(9):
        arrive(limit, float(second))
        limit.end(float(second), second + 0.04)
    admissions = [arrive(limit, 9.0, 9.0 + 0.05) for _ in range(20)]

    assert admissions.count(GO) == 8
    assert admissions.count(WAIT) == 9, "5 ms each, within 50 ms"
    assert admissions.count(REJECT) == 3


def test_idle_time_is_not_taken_for_slowness() -> None:
    limit = ConcurrencyLimit(2, 9)
    for hour in range(9):
        arrive(limit, hour * 3600.0)
        limit.end(hour * 3600.0, hour * 3600.0)

    assert limit.expected_wait_s(9 * 3600.0) == 0.0


def test_a_limit_that_grows_lets_all_go_that_fit_and_one_that_shrinks_none() -> None:
    limit = ConcurrencyLimit(1000, 1000, AdaptiveLimit(1000))
    for _ in range(900):
        arrive(limit, 0.0)
    began_with = limit.in_flight

    for tick in range(400):
        limit.end(tick - 0.01, float(tick))
    at_most = limit.in_flight
    for tick in range(400, 480):
        limit.end(tick - 5.0, float(tick))

    assert began_with < at_most, "steady latency lets it grow"
    assert limit.in_flight < at_most, "latency that rises makes it shrink"


def test_the_instances_places_bound_it_as_they_come_and_go() -> None:
    slots = [2]
    limit = ConcurrencyLimit(9, 9, slots=lambda _: slots[-1])
    assert [arrive(limit, 0.0) for _ in range(5)] == [
        *[GO] * 2,
        *[WAIT] * 3,
    ]

    slots.append(1)
    assert limit.end(0.0, 1.0) == 0, "one instance went, with its place"
    slots.append(3)
    assert limit.end(0.0, 2.0) == 3


class AnyLoad(RuleBasedStateMachine):
    """Whoever comes, waits, gives up or ends, and however many slots there are: no
    place is lost, none is invented, and nobody waits with nothing to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = 3
        self.limit = ConcurrencyLimit(3, 4, slots=lambda _: self.slots)
        self.in_flight = self.waiting = 0
        self.now_s = 0.0

    @property
    def most(self) -> int:
        return min(3, self.slots)

    @rule(slots=st.integers(1, 5))
    def instances_come_and_go(self, slots: int) -> None:
        self.slots = slots

    @rule()
    def arrive(self) -> None:
        decision = arrive(self.limit, self.now_s)
        if decision == GO:
            self.in_flight += 1
            assert self.in_flight <= self.most
            assert not self.waiting
        elif decision == WAIT:
            assert self.in_flight >= self.most or self.waiting
            self.waiting += 1
        else:
            assert self.waiting == 4

    @precondition(lambda self: self.waiting)
    @rule()
    def give_up(self) -> None:
        self.limit.give_up()
        self.waiting -= 1

    @precondition(lambda self: self.in_flight)
    @rule(took_s=st.sampled_from([0.0, 0.1, 5.0]))
    def end(self, took_s: float) -> None:
        self.now_s += took_s
        going = self.limit.end(self.now_s - took_s, self.now_s)
        self.waiting -= going
        self.in_flight += going - 1
        assert not going or self.in_flight <= self.most
        assert self.in_flight >= self.most or not self.waiting

    @invariant()
    def counts_agree(self) -> None:
        assert (self.limit.in_flight, self.limit.waiting) == (
            self.in_flight,
            self.waiting,
        )
        assert self.in_flight or not self.waiting


TestAnyLoad = AnyLoad.TestCase
