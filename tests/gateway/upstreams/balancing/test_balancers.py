"""What each algorithm promises, for any fleet."""

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.upstreams.balancing.balancer import Balancer, PickContext
from weir.gateway.upstreams.balancing.choice import new_balancer
from weir.gateway.upstreams.balancing.consistent_hash import ConsistentHash
from weir.gateway.upstreams.balancing.least_connections import LeastConnections
from weir.gateway.upstreams.balancing.power_of_two import PowerOfTwo
from weir.gateway.upstreams.balancing.round_robin import RoundRobin
from weir.gateway.upstreams.balancing.weighted_random import WeightedRandom
from weir.gateway.upstreams.balancing.weighted_round_robin import (
    SmoothWeightedRoundRobin,
)
from weir.gateway.upstreams.model.policy import Balancing

NOW = PickContext(0.0)
WEIGHTS = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def seeded(seed: int = 1) -> Random:
    return Random(seed)  # noqa: S311 - chance, not secrecy


@dataclass
class Place:
    url: str
    in_flight: int = 0
    latency_s: float = 0.01
    heaviness: float = 1.0

    def weight(self, now_s: float) -> float:
        del now_s
        return self.heaviness

    def expected_latency_s(self, now_s: float) -> float:
        del now_s
        return self.latency_s


def places(count: int) -> list[Place]:
    return [Place(f"http://{number}") for number in range(count)]


def weighted(weights: list[int]) -> list[Place]:
    return [Place(f"http://{n}", heaviness=weight) for n, weight in enumerate(weights)]


def tally(balancer: Balancer, fleet: list[Place], times: int) -> Counter[str]:
    return Counter(balancer.pick(fleet, NOW).url for _ in range(times))


@given(count=st.integers(1, 9), rounds=st.integers(1, 5))
def test_round_robin_gives_each_its_turn(count: int, rounds: int) -> None:
    taken = tally(RoundRobin(), places(count), count * rounds)

    assert set(taken.values()) == {rounds}
    assert len(taken) == count


@given(weights=WEIGHTS, cycles=st.integers(1, 3))
def test_weighted_round_robin_respects_weights_exactly_over_a_cycle(
    weights: list[int], cycles: int
) -> None:
    fleet = weighted(weights)

    taken = tally(SmoothWeightedRoundRobin(), fleet, sum(weights) * cycles)

    assert [taken[place.url] for place in fleet] == [one * cycles for one in weights]


def test_weighted_round_robin_spreads_a_heavy_one_over_the_cycle() -> None:
    a, b, c = fleet = weighted([5, 1, 1])
    balancer = SmoothWeightedRoundRobin()

    order = [balancer.pick(fleet, NOW) for _ in range(7)]

    assert order == [a, a, b, a, c, a, a]


@given(weights=WEIGHTS, gone=st.integers(0, 5))
def test_weighted_round_robin_starves_nobody_when_one_leaves(
    weights: list[int], gone: int
) -> None:
    fleet = weighted([*weights, 1])
    balancer = SmoothWeightedRoundRobin()
    tally(balancer, fleet, 7)
    del fleet[gone % len(fleet)]
    if fleet:
        taken = tally(balancer, fleet, 3 * (sum(weights) + 1) + 9)
        assert len(taken) == len(fleet)


@given(seed=st.integers(), weights=WEIGHTS)
def test_random_takes_each_about_as_often_as_its_weight_says(
    seed: int, weights: list[int]
) -> None:
    fleet = weighted(weights)
    draws = 500 * len(fleet)

    taken = tally(WeightedRandom(seeded(seed)), fleet, draws)

    for place, weight in zip(fleet, weights, strict=True):
        expected = draws * weight / sum(weights)
        assert abs(taken[place.url] - expected) < 6 * expected**0.5 + 1


def test_least_connections_takes_the_least_busy_for_its_weight() -> None:
    busy, idle, heavy = Place("busy", 5), Place("idle", 3), Place("heavy", 5)
    heavy.heaviness = 2.0
    balancer = LeastConnections(seeded())

    assert balancer.pick([busy, idle, heavy], NOW) is heavy
    assert balancer.pick([busy, idle], NOW) is idle


def test_least_connections_spreads_a_quiet_time_over_all() -> None:
    taken = tally(LeastConnections(seeded()), places(4), 400)

    assert all(60 < times < 140 for times in taken.values())


@given(seed=st.integers(), count=st.integers(2, 9))
def test_power_of_two_never_takes_the_worst_of_all(seed: int, count: int) -> None:
    fleet = places(count)
    fleet[-1].latency_s = 1.0

    taken = tally(PowerOfTwo(seeded(seed)), fleet, 50)

    assert fleet[-1].url not in taken


def test_power_of_two_prefers_the_quick_and_the_idle() -> None:
    balancer = PowerOfTwo(seeded())
    quick_but_busy = Place("quick", in_flight=9, latency_s=0.01)
    slow_but_idle = Place("slow", in_flight=0, latency_s=0.05)

    assert balancer.pick([quick_but_busy, slow_but_idle], NOW) is slow_but_idle
    quick_but_busy.in_flight = 2
    assert balancer.pick([quick_but_busy, slow_but_idle], NOW) is quick_but_busy


def test_power_of_two_spreads_over_equals() -> None:
    taken = tally(PowerOfTwo(seeded()), places(4), 4000)

    assert all(800 < times < 1200 for times in taken.values())


def owners(fleet: list[Place], keys: int) -> dict[int, str]:
    balancer = ConsistentHash()
    return {
        key: balancer.pick(fleet, PickContext(0.0, b"%d" % key)).url
        for key in range(keys)
    }


@given(count=st.integers(2, 6), gone=st.integers(0, 5))
def test_consistent_hash_moves_only_the_keys_of_the_one_that_left(
    count: int, gone: int
) -> None:
    fleet = places(count)
    before = owners(fleet, 100)
    left = fleet.pop(gone % count)
    after = owners(fleet, 100)

    assert all(
        after[key] == owner for key, owner in before.items() if owner != left.url
    )


def test_consistent_hash_moves_about_one_in_n_keys_to_one_that_joins() -> None:
    before, after = owners(places(4), 2000), owners(places(5), 2000)

    moved = sum(before[key] != owner for key, owner in after.items())

    assert 320 < moved < 480


def test_consistent_hash_respects_weights() -> None:
    taken = Counter(owners(weighted([3, 1]), 2000).values())

    assert 1400 < taken["http://0"] < 1600


@pytest.mark.parametrize("balancing", get_args(Balancing))
@pytest.mark.parametrize("slow_start", [True, False])
@given(seed=st.integers(), count=st.integers(1, 5))
def test_whatever_the_algorithm_one_of_the_candidates_is_taken(
    balancing: Balancing, seed: int, count: int, *, slow_start: bool
) -> None:
    balancer = new_balancer(balancing, slow_start=slow_start, rng=seeded(seed))
    rng = seeded(seed)
    for turn in range(20):
        fleet = rng.sample(places(6), count)
        assert balancer.pick(fleet, PickContext(float(turn), b"key")) in fleet
