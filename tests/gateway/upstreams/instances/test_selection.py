from dataclasses import replace

import pytest

from tests.support.upstreams import Fleet
from weir.gateway.clock import SystemClock
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.upstreams.balancing.balancer import PickContext
from weir.gateway.upstreams.balancing.round_robin import RoundRobin
from weir.gateway.upstreams.instances.health import InstanceHealth
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.instances.selection import Selection, WeightedInstance
from weir.gateway.upstreams.model.policy import (
    ConcurrencyPolicy,
    HealthPolicy,
    UpstreamPolicy,
)

NOW_S = 100.0
POLICY = UpstreamPolicy(name="catalog")


def instance(url: str, standing: str = "healthy") -> Instance:
    health = InstanceHealth(HealthPolicy(passive_failures=1), lambda *_: None)
    match standing:
        case "ejected":
            health.attempt_failed("a", unreached=False, now_s=NOW_S)
        case "unhealthy":
            health.attempt_failed("a", unreached=True, now_s=NOW_S)
        case _:
            pass
    transport = Fleet().transport(url, TransportPolicy(), SystemClock())
    return Instance(url, transport, health)


def select_among(*fleet: Instance, policy: UpstreamPolicy = POLICY) -> Selection:
    return Selection(
        [WeightedInstance(one, 1, 0.0) for one in fleet], RoundRobin(), policy
    )


PICKS = [
    ("healthy healthy", "", "0"),
    ("healthy healthy", "0", "1"),
    ("healthy healthy", "0 1", "0"),
    ("ejected healthy", "", "1"),
    ("ejected healthy", "1", "1"),
    ("ejected unhealthy", "", "0"),
    ("ejected unhealthy", "0", "0"),
    ("unhealthy unhealthy", "", "0"),
    ("unhealthy unhealthy", "0", "1"),
    ("", "", None),
    ("ejected ejected ejected healthy", "", "0"),
    ("ejected ejected healthy", "", "2"),
    ("unhealthy unhealthy unhealthy healthy", "", "3"),
]


@pytest.mark.parametrize(("standings", "tried", "expected"), PICKS)
def test_an_attempt_goes_where_it_is_best_to_go(
    standings: str, tried: str, expected: str | None
) -> None:
    fleet = [instance(str(n), how) for n, how in enumerate(standings.split())]
    selection = select_among(*fleet)

    picked = selection.pick([fleet[int(n)] for n in tried.split()], PickContext(NOW_S))

    assert (picked and picked.url) == expected


def test_who_is_back_from_an_ejection_gets_one_call_until_that_succeeded() -> None:
    back, other = instance("0", "ejected"), instance("1")
    selection = select_among(back, other)
    later = PickContext(NOW_S + 60)

    def picks() -> set[str]:
        picked = [selection.pick((), later) for _ in range(4)]
        return {one.url for one in picked if one}

    assert picks() == {"0", "1"}
    back.in_flight = 1
    assert picks() == {"1"}
    back.health.attempt_succeeded("a", later.now_s)
    assert picks() == {"0", "1"}


def test_who_has_come_back_gets_its_full_weight_only_with_time() -> None:
    one = instance("0", "unhealthy")
    member = WeightedInstance(one, 10.0, slow_start_s=20.0)
    assert member.weight(0.0) == 10.0, "no slow start without a recovery"

    one.health.check_passed(NOW_S)

    assert [member.weight(NOW_S + s) for s in (0.0, 1.0, 10.0, 20.0, 90.0)] == [
        1.0,
        1.0,
        5.0,
        10.0,
        10.0,
    ]


ROOM = [
    ("0 0 0", "", "0"),
    ("2 0 0", "", "1"),
    ("2 0 2", "", "1"),
    ("0 2 2", "0", "0"),
    ("2 2 0", "0", "2"),
    ("2 2 2", "", "0"),
    ("2 2 2", "0", "1"),
]


@pytest.mark.parametrize(("in_flight", "tried", "expected"), ROOM)
def test_an_instance_at_its_limit_is_not_picked_while_another_has_room(
    in_flight: str, tried: str, expected: str
) -> None:
    fleet = [instance(str(n)) for n in range(3)]
    for one, count in zip(fleet, in_flight.split(), strict=True):
        one.in_flight = int(count)
    policy = replace(POLICY, concurrency=ConcurrencyPolicy(max_per_instance=2))
    selection = select_among(*fleet, policy=policy)
    before = [fleet[int(n)] for n in tried.split()]

    picked = selection.pick(before, PickContext(NOW_S))

    assert picked is not None
    assert picked.url == expected
    untried_room = [one for one in fleet if one not in before and one.in_flight < 2]
    assert selection.has_untried(before, NOW_S) is bool(untried_room)


def test_the_places_are_those_of_the_instances_that_may_be_asked() -> None:
    policy = replace(POLICY, concurrency=ConcurrencyPolicy(max_per_instance=5))

    def slots(*standings: str) -> int:
        fleet = [instance(str(n), how) for n, how in enumerate(standings)]
        return select_among(*fleet, policy=policy).slots(NOW_S)

    assert slots("healthy", "healthy", "unhealthy") == 10
    assert slots("healthy", "ejected") == 5
    assert slots("unhealthy") == 5, "all are tried"
    assert slots() > 10**6, "there are none to wait for: it fails at once"
