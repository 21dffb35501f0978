"""The algorithms by their names in the configuration."""

from random import Random
from typing import assert_never

from weir.gateway.upstreams.balancing.balancer import Balancer
from weir.gateway.upstreams.balancing.consistent_hash import ConsistentHash
from weir.gateway.upstreams.balancing.least_connections import LeastConnections
from weir.gateway.upstreams.balancing.power_of_two import PowerOfTwo
from weir.gateway.upstreams.balancing.round_robin import RoundRobin
from weir.gateway.upstreams.balancing.weighted_random import WeightedRandom
from weir.gateway.upstreams.balancing.weighted_round_robin import (
    SmoothWeightedRoundRobin,
)
from weir.gateway.upstreams.model.policy import Balancing


def new_balancer(balancing: Balancing, *, slow_start: bool, rng: Random) -> Balancer:
    """Return a balancer; with a slow start, plain round robin uses weights as well."""
    match balancing:
        case "round_robin":
            return SmoothWeightedRoundRobin() if slow_start else RoundRobin()
        case "weighted_round_robin":
            return SmoothWeightedRoundRobin()
        case "random":
            return WeightedRandom(rng)
        case "least_connections":
            return LeastConnections(rng)
        case "power_of_two":
            return PowerOfTwo(rng)
        case "consistent_hash":
            return ConsistentHash()
        case _:
            assert_never(balancing)
