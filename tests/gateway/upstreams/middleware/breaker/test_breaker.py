from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from weir.gateway.upstreams.middleware.breaker.breaker import Breaker, BreakerState
from weir.gateway.upstreams.model.policy import BreakerPolicy

POLICY = BreakerPolicy(failures=3, open_for_s=30.0, probes=2)
CLOSED, OPEN, HALF_OPEN = BreakerState


def new_breaker(log: list[tuple[BreakerState, BreakerState]] | None = None) -> Breaker:
    kept = [] if log is None else log
    return Breaker(POLICY, 0.0, lambda a, b, _: kept.append((a, b)))


def fail(breaker: Breaker, times: int, now_s: float = 0.0) -> None:
    for _ in range(times):
        permit = breaker.admit(now_s)
        assert permit is not None
        breaker.failed(permit, now_s)


def admitted(breaker: Breaker, now_s: float) -> int:
    permit = breaker.admit(now_s)
    assert permit is not None
    return permit


def test_it_opens_after_as_many_failures_in_a_row_as_the_policy_says() -> None:
    breaker = new_breaker()

    fail(breaker, 2)
    breaker.succeeded(admitted(breaker, 0.0), 0.0)
    fail(breaker, 2)
    assert breaker.state is CLOSED
    fail(breaker, 1)
    assert breaker.state is OPEN


def test_an_open_breaker_admits_nothing_and_says_until_when() -> None:
    breaker = new_breaker()
    fail(breaker, 3)

    assert breaker.admit(29.9) is None
    assert breaker.retry_after_s(10.0) == 20.0


def test_after_its_time_it_admits_so_many_probes_and_no_more() -> None:
    breaker = new_breaker()
    fail(breaker, 3)

    assert breaker.admit(30.0) is not None
    assert breaker.admit(30.0) is not None
    assert breaker.admit(30.0) is None
    assert breaker.state is HALF_OPEN


def test_probes_that_all_succeed_close_it() -> None:
    log: list[tuple[BreakerState, BreakerState]] = []
    breaker = new_breaker(log)
    fail(breaker, 3)

    permits = [admitted(breaker, 30.0), admitted(breaker, 30.0)]
    for permit in permits:
        breaker.succeeded(permit, 31.0)

    assert log == [(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, CLOSED)]


def test_one_probe_that_fails_opens_it_for_the_whole_time_again() -> None:
    breaker = new_breaker()
    fail(breaker, 3)

    fail(breaker, 1, now_s=30.0)

    assert breaker.admit(59.9) is None
    assert breaker.admit(60.0) is not None


def test_an_abandoned_probe_makes_room_for_another() -> None:
    breaker = new_breaker()
    fail(breaker, 3)
    admitted(breaker, 30.0)
    abandoned = admitted(breaker, 30.0)

    breaker.abandoned(abandoned)

    assert breaker.admit(30.0) is not None


def test_what_began_before_it_opened_says_nothing_afterwards() -> None:
    breaker = new_breaker()
    early = [admitted(breaker, 0.0) for _ in range(3)]
    fail(breaker, 3)
    probe = admitted(breaker, 30.0)

    for permit in early:
        breaker.failed(permit, 30.0)
        breaker.succeeded(permit, 30.0)
    assert breaker.state is HALF_OPEN
    breaker.succeeded(probe, 30.0)
    assert breaker.state is HALF_OPEN


def test_evidence_of_recovery_ends_the_wait() -> None:
    breaker = new_breaker()
    fail(breaker, 3)

    breaker.probe_early(1.0)

    assert breaker.admit(1.0) is not None
    assert breaker.state is HALF_OPEN


def test_a_reset_closes_it_and_forgets() -> None:
    breaker = new_breaker()
    fail(breaker, 3)
    breaker.reset(1.0)
    assert breaker.state is CLOSED

    fail(breaker, 2)
    breaker.reset(1.0)
    fail(breaker, 2)
    assert breaker.state is CLOSED


def test_it_opens_when_too_large_a_share_of_recent_calls_failed() -> None:
    policy = BreakerPolicy(failures=99, failed_share=0.5, min_calls=10, window_s=10.0)
    breaker = Breaker(policy, 0.0, lambda *_: None)

    for _ in range(4):
        breaker.failed(admitted(breaker, 0.0), 0.0)
        breaker.succeeded(admitted(breaker, 0.0), 0.0)
    assert breaker.state is CLOSED, "too few calls to judge by"
    breaker.succeeded(admitted(breaker, 1.0), 1.0)
    breaker.failed(admitted(breaker, 1.0), 1.0)
    assert breaker.state is OPEN


def test_old_failures_are_no_reason_to_open() -> None:
    policy = BreakerPolicy(failures=99, failed_share=0.5, min_calls=10, window_s=10.0)
    breaker = Breaker(policy, 0.0, lambda *_: None)

    for second in range(0, 60, 2):
        breaker.failed(admitted(breaker, float(second)), float(second))

    assert breaker.state is CLOSED


def test_a_drill_holds_it_open_or_closed_whatever_happens() -> None:
    breaker = new_breaker()
    breaker.forced = OPEN
    assert breaker.admit(0.0) is None

    breaker.forced = CLOSED
    fail(breaker, 99)
    breaker.forced = None
    assert breaker.admit(0.0) is not None


class AnyHistory(RuleBasedStateMachine):
    """Whatever happens in whatever order, the breaker keeps its promises."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.breaker = Breaker(POLICY, 0.0, self.changed)
        self.running: list[int] = []
        self.probes: list[int] = []

    def changed(self, before: BreakerState, after: BreakerState, now_s: float) -> None:
        assert (before, after) in {
            (CLOSED, OPEN),
            (OPEN, HALF_OPEN),
            (HALF_OPEN, OPEN),
            (HALF_OPEN, CLOSED),
            (OPEN, CLOSED),
        }
        assert now_s == self.now_s
        self.probes = []

    @rule(seconds=st.sampled_from([0.0, 1.0, 29.0, 31.0]))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def call(self) -> None:
        was_open_for_s = self.now_s - self.breaker.since_s
        was = self.breaker.state
        permit = self.breaker.admit(self.now_s)
        assert permit is not None or was is not CLOSED
        assert permit is None or was is not OPEN or was_open_for_s >= POLICY.open_for_s
        if permit is None:
            return
        self.running.append(permit)
        if self.breaker.state is HALF_OPEN:
            self.probes.append(permit)

    @precondition(lambda self: self.running)
    @rule(draw=st.data(), how=st.sampled_from(["succeeded", "failed", "abandoned"]))
    def end(self, draw: st.DataObject, how: str) -> None:
        index = draw.draw(st.integers(0, len(self.running) - 1))
        permit = self.running.pop(index)
        if permit in self.probes:
            self.probes.remove(permit)
        match how:
            case "succeeded":
                self.breaker.succeeded(permit, self.now_s)
            case "failed":
                self.breaker.failed(permit, self.now_s)
            case _:
                self.breaker.abandoned(permit)

    @rule()
    def reset(self) -> None:
        self.breaker.reset(self.now_s)
        assert self.breaker.state is CLOSED

    @invariant()
    def never_more_probes_than_allowed(self) -> None:
        assert len(self.probes) <= POLICY.probes

    def teardown(self) -> None:
        """It is never shut for ever: once all calls have ended, time lets one pass."""
        for permit in self.running:
            self.breaker.abandoned(permit)
        self.now_s += POLICY.open_for_s
        assert self.breaker.admit(self.now_s) is not None


TestAnyHistory = AnyHistory.TestCase
