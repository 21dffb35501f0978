import pytest

from gateway.upstreams.balancing.balancer import Occasion
from gateway.upstreams.balancing.round_robin import RoundRobin
from gateway.upstreams.health import InstanceHealth
from gateway.upstreams.instance import Instance
from gateway.upstreams.policy import HealthPolicy, UpstreamPolicy
from gateway.upstreams.selection import Member, Selection
from tests.support.upstreams import Fleet, runtime

NOW_S = 100.0


def instance(url: str, standing: str = "healthy") -> Instance:
    health = InstanceHealth(HealthPolicy(passive_failures=1), lambda *_: None)
    match standing:
        case "ejected":
            health.attempt_failed(unreached=False, now_s=NOW_S)
        case "unhealthy":
            health.attempt_failed(unreached=True, now_s=NOW_S)
        case _:
            pass
    policy = UpstreamPolicy(name="catalog", instances=())
    return Instance(url, Fleet().transport(url, policy, runtime()), health)


PICKS = [
    ("healthy healthy", "", "0"),
    ("healthy healthy", "0", "1"),
    ("healthy healthy", "0 1", "0"),
    ("ejected healthy", "", "1"),
    ("ejected healthy", "1", "1"),
    ("ejected unhealthy", "", "0"),
    ("ejected unhealthy", "0", "0"),
    ("unhealthy unhealthy", "", None),
    ("ejected ejected ejected healthy", "", "0"),
    ("ejected ejected healthy", "", "2"),
    ("unhealthy unhealthy unhealthy healthy", "", "3"),
]


@pytest.mark.parametrize(("standings", "tried", "expected"), PICKS)
def test_an_attempt_goes_where_it_is_best_to_go(
    standings: str, tried: str, expected: str | None
) -> None:
    fleet = [instance(str(n), how) for n, how in enumerate(standings.split())]
    selection = Selection([Member(one, 1, 0.0) for one in fleet], RoundRobin(), 0.3)

    picked = selection.pick([fleet[int(n)] for n in tried.split()], Occasion(NOW_S))

    assert (picked and picked.url) == expected


def test_who_is_back_from_an_ejection_gets_one_call_until_that_succeeded() -> None:
    back, other = instance("0", "ejected"), instance("1")
    selection = Selection(
        [Member(one, 1, 0.0) for one in (back, other)], RoundRobin(), 0.3
    )
    later = Occasion(NOW_S + 60)

    def picks() -> set[str]:
        picked = [selection.pick((), later) for _ in range(4)]
        return {one.url for one in picked if one}

    assert picks() == {"0", "1"}
    back.in_flight = 1
    assert picks() == {"1"}
    back.health.attempt_succeeded(later.now_s)
    assert picks() == {"0", "1"}


def test_who_has_come_back_gets_its_full_weight_only_with_time() -> None:
    one = instance("0", "unhealthy")
    member = Member(one, 10.0, slow_start_s=20.0)
    assert member.weight(0.0) == 10.0, "no slow start without a recovery"

    one.health.check_passed(NOW_S)

    assert [member.weight(NOW_S + s) for s in (0.0, 1.0, 10.0, 20.0, 90.0)] == [
        1.0,
        1.0,
        5.0,
        10.0,
        10.0,
    ]
