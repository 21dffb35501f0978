"""Values of gauges, by label values, from the snapshots of upstreams."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from weir.gateway.upstreams.snapshot import ServiceSnapshot

Values: TypeAlias = Iterator[tuple[tuple[str, ...], float]]

_BREAKER_STATES: Final = ("closed", "open", "half_open")
_GETS_TRAFFIC: Final = "healthy"


def breaker_states(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield 1 for the state of each breaker, and 0 for the other states."""
    for service in services:
        for state in _BREAKER_STATES:
            yield (service.name, state), float(state == service.breaker.acts_as)


def operation_breaker_states(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield the same for the breakers of operations."""
    for service in services:
        for each in service.operations:
            if each.breaker is not None:
                for state in _BREAKER_STATES:
                    is_in = float(state == each.breaker.acts_as)
                    yield (service.name, each.name, state), is_in


def in_flight(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield the attempts and streams in flight at the instances of each upstream."""
    for service in services:
        yield (service.name,), float(sum(each.in_flight for each in service.endpoints))


def waiting(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield the calls and streams that wait for a limit of each upstream."""
    for service in services:
        yield (service.name,), float(service.waiting)


def panics(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield 1 for each upstream in a panic, and 0 for the others."""
    for service in services:
        yield (service.name,), float(service.panic)


def limit_shares(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield the allowed share of each rate limit that follows an upstream."""
    for service in services:
        for limit in service.limits:
            yield (service.name, limit.scope, limit.name), limit.share


def stale_discoveries(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield for how many seconds discovered instances have been stale, or 0."""
    for service in services:
        if service.discovery is not None:
            yield (service.name,), service.discovery.stale_for_s


def healthy_instances(services: Iterable[ServiceSnapshot]) -> Values:
    """Yield 1 for each instance that gets traffic, and 0 for the others."""
    for service in services:
        for each in service.endpoints:
            yield (service.name, each.url), float(each.health == _GETS_TRAFFIC)
