import heapq
from dataclasses import dataclass, field
from random import Random

import pytest

from weir.gateway.upstreams.balancing.balancer import PickContext
from weir.gateway.upstreams.balancing.power_of_two import PowerOfTwo
from weir.gateway.upstreams.instances.latency import DECAY_S, LatencyAverage

SLOW_S = 0.3
PER_SECOND = 60.0


def test_one_pause_of_a_busy_instance_says_little() -> None:
    latency = LatencyAverage()
    for tick in range(100):
        latency.observe(0.010, tick / 100)

    latency.observe(0.110, 1.0)
    assert latency.value_s(1.0) == pytest.approx(0.035, rel=0.1)
    for tick in range(1, 100):
        latency.observe(0.010, 1.0 + tick / 100)
    assert latency.value_s(2.0) < 0.012


def test_what_lasts_is_believed_within_a_few_answers() -> None:
    latency = LatencyAverage()
    latency.observe(0.010, 0.0)

    for tick in range(1, 6):
        latency.observe(1.0, tick / 1000)
    assert latency.value_s(0.005) > 0.75


def test_an_answer_after_a_silence_counts_nearly_alone() -> None:
    latency = LatencyAverage()
    latency.observe(1.0, 0.0)

    latency.observe(0.010, 2.0)
    assert latency.value_s(2.0) < 0.012


def test_a_bad_memory_fades_while_nobody_asks() -> None:
    latency = LatencyAverage()
    latency.observe(1.0, 0.0)

    assert latency.value_s(DECAY_S) == pytest.approx(0.368, rel=0.01)
    assert latency.value_s(10 * DECAY_S) < 0.001


@dataclass
class Instance:
    """Answers within 4 ms and a bit; in a pause now and then; slow while told so."""

    rng: Random
    url: str
    latency: LatencyAverage = field(default_factory=LatencyAverage)
    in_flight: int = 0
    slow: bool = False

    def expected_latency_s(self, now_s: float) -> float:
        return self.latency.value_s(now_s)

    def weight(self, now_s: float) -> float:
        del now_s
        return 1.0

    def takes_s(self) -> float:
        pause_s = self.rng.uniform(0.02, 0.1) if self.rng.random() < 0.02 else 0.0
        slow_s = SLOW_S if self.slow else 0.0
        return 0.004 + self.rng.expovariate(1 / 0.006) + pause_s + slow_s


def calls(seed: int, slow_from_s: float, until_s: float) -> list[tuple[float, bool]]:
    """When each call was made, and whether it met the slow one of two instances."""
    rng = Random(seed)  # noqa: S311 - no secret
    pair = [Instance(rng, "http://a"), Instance(rng, "http://b")]
    balancer = PowerOfTwo(rng)
    ends: list[tuple[float, int, float]] = []
    made: list[tuple[float, bool]] = []
    now_s = 0.0
    while now_s < until_s:
        now_s += rng.expovariate(PER_SECOND)
        pair[0].slow = now_s >= slow_from_s
        while ends and ends[0][0] <= now_s:
            at_s, index, took_s = heapq.heappop(ends)
            pair[index].in_flight -= 1
            pair[index].latency.observe(took_s, at_s)
        for _ in range(rng.choice((1, 1, 1, 4))):
            picked = balancer.pick(pair, PickContext(now_s))
            made.append((now_s, picked.slow))
            picked.in_flight += 1
            took_s = picked.takes_s()
            heapq.heappush(ends, (now_s + took_s, pair.index(picked), took_s))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_power_of_two_leaves_a_slow_instance_and_hardly_comes_back(seed: int) -> None:
    made = calls(seed, slow_from_s=4.0, until_s=14.0)

    met = [slow for at_s, slow in made if at_s >= 6.0]
    assert sum(met) / len(met) < 0.01
    at_first = [slow for at_s, slow in made if 4.0 <= at_s < 6.0]
    assert sum(at_first) / len(at_first) < 0.06
