from collections import Counter
from dataclasses import dataclass
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gateway.upstreams.balancing.power_of_two import PowerOfTwo
from gateway.upstreams.balancing.round_robin import RoundRobin


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - chance, not secrecy


@dataclass
class Place:
    url: str
    in_flight: int = 0
    latency_s: float = 0.01

    def expected_latency_s(self, now_s: float) -> float:
        del now_s
        return self.latency_s


@given(count=st.integers(1, 9), rounds=st.integers(1, 5))
def test_round_robin_gives_each_its_turn(count: int, rounds: int) -> None:
    balancer = RoundRobin()
    places = [Place(str(n)) for n in range(count)]

    picked = Counter(balancer.pick(places, 0.0).url for _ in range(count * rounds))

    assert set(picked.values()) == {rounds}


@given(seed=st.integers(), count=st.integers(2, 9))
def test_power_of_two_never_takes_the_worst_of_all(seed: int, count: int) -> None:
    balancer = PowerOfTwo(seeded(seed))
    places = [Place(str(n), latency_s=0.01 * (n + 1)) for n in range(count)]

    picked = {balancer.pick(places, 0.0).url for _ in range(50)}

    assert str(count - 1) not in picked


def test_power_of_two_prefers_the_quick_and_the_idle() -> None:
    balancer = PowerOfTwo(seeded(1))
    quick_but_busy = Place("quick", in_flight=9, latency_s=0.01)
    slow_but_idle = Place("slow", in_flight=0, latency_s=0.05)

    assert balancer.pick([quick_but_busy, slow_but_idle], 0.0).url == "slow"
    quick_but_busy.in_flight = 2
    assert balancer.pick([quick_but_busy, slow_but_idle], 0.0).url == "quick"


def test_power_of_two_spreads_over_equals() -> None:
    balancer = PowerOfTwo(seeded(1))
    places = [Place(str(n)) for n in range(4)]

    picked = Counter(balancer.pick(places, 0.0).url for _ in range(4000))

    assert all(800 < times < 1200 for times in picked.values())
