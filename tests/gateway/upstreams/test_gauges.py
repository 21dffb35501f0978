from dataclasses import replace

from weir.gateway.upstreams.gauges import (
    breaker_states,
    healthy_instances,
    in_flight,
    limit_shares,
    operation_breaker_states,
    panics,
    stale_discoveries,
    waiting,
)
from weir.gateway.upstreams.instances.staleness import DiscoverySnapshot
from weir.gateway.upstreams.snapshot import (
    AdaptiveLimitSnapshot,
    BreakerSnapshot,
    EndpointSnapshot,
    OperationSnapshot,
    ServiceSnapshot,
)


def breaker(state: str, forced: str = "") -> BreakerSnapshot:
    return BreakerSnapshot(
        state=state, forced=forced, failures=0, in_state_for_s=1.0, retry_after_s=0.0
    )


def instance(url: str, health: str) -> EndpointSnapshot:
    return EndpointSnapshot(
        url=url,
        weight=1,
        health=health,
        in_flight=0,
        latency_s=0.0,
        last_failure="",
        last_failure_age_s=None,
    )


def operation(name: str, own: BreakerSnapshot | None) -> OperationSnapshot:
    return OperationSnapshot(name=name, calls=0, breaker=own)


CATALOG = ServiceSnapshot(
    name="catalog",
    balancing="round_robin",
    breaker=breaker("closed", forced="open"),
    endpoints=(instance("http://a", "healthy"), instance("http://b", "ejected")),
    operations=(operation("Home", breaker("half_open")), operation("Search", None)),
)


def test_a_breaker_is_in_one_state_and_a_forced_state_wins() -> None:
    assert dict(breaker_states([CATALOG])) == {
        ("catalog", "closed"): 0.0,
        ("catalog", "open"): 1.0,
        ("catalog", "half_open"): 0.0,
    }


def test_a_limit_that_follows_a_service_has_a_share() -> None:
    limit = AdaptiveLimitSnapshot(scope="web", name="all", share=0.5, trouble="errors")

    assert dict(limit_shares([replace(CATALOG, limits=(limit,)), CATALOG])) == {
        ("catalog", "web", "all"): 0.5
    }


def test_the_calls_that_wait_are_those_of_each_service() -> None:
    services = [CATALOG, replace(CATALOG, name="reviews", waiting=3)]

    assert dict(waiting(services)) == {("catalog",): 0.0, ("reviews",): 3.0}


def test_a_service_is_in_a_panic_or_not() -> None:
    services = [CATALOG, replace(CATALOG, name="reviews", panic=True)]

    assert dict(panics(services)) == {("catalog",): 0.0, ("reviews",): 1.0}


def test_only_operations_with_a_breaker_of_their_own_have_a_state() -> None:
    assert dict(operation_breaker_states([CATALOG])) == {
        ("catalog", "Home", "closed"): 0.0,
        ("catalog", "Home", "open"): 0.0,
        ("catalog", "Home", "half_open"): 1.0,
    }


def test_instances_without_traffic_are_not_healthy() -> None:
    assert dict(healthy_instances([CATALOG])) == {
        ("catalog", "http://a"): 1.0,
        ("catalog", "http://b"): 0.0,
    }


def test_the_staleness_of_instances_is_shown_where_they_are_discovered() -> None:
    found = DiscoverySnapshot(source="dns", stale=True, stale_for_s=3.0, reason="gone")

    assert dict(stale_discoveries([CATALOG, replace(CATALOG, discovery=found)])) == {
        ("catalog",): 3.0
    }


def test_the_calls_in_flight_of_a_service_are_those_of_its_instances() -> None:
    busy = tuple(replace(each, in_flight=2) for each in CATALOG.endpoints)

    assert dict(in_flight([replace(CATALOG, endpoints=busy)])) == {("catalog",): 4.0}
