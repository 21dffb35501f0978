"""The incidents of a gateway, and those that have begun since the last look."""

from collections.abc import Iterable, Iterator
from typing import Final

from weir.gateway.telemetry.metrics.burn_rates import (
    FAST_BURN,
    WINDOWS_S,
    ObjectiveState,
    reachable_rate,
)
from weir.gateway.upstreams.snapshot import BreakerSnapshot, ServiceSnapshot

_BURN_WINDOWS_S: Final = (WINDOWS_S["5m"], WINDOWS_S["1h"])


def incidents(
    services: Iterable[ServiceSnapshot], objectives: Iterable[ObjectiveState]
) -> frozenset[str]:
    """Return what is wrong: open circuit breakers, and budgets that burn fast.

    A breaker that is half-open still is an incident. One that is open for a single
    client, or was forced, is not.
    """
    return frozenset((*_open_breakers(services), *_burning(objectives)))


def _open_breakers(services: Iterable[ServiceSnapshot]) -> Iterator[str]:
    for service in services:
        if _is_open(service.breaker):
            yield f"the circuit breaker of {service.name} is open"
        for operation in service.operations:
            if operation.breaker is not None and _is_open(operation.breaker):
                yield (
                    f"the circuit breaker of {operation.name} of {service.name} is open"
                )


def _is_open(breaker: BreakerSnapshot) -> bool:
    return breaker.state != "closed" and not breaker.client and not breaker.forced


def _burning(objectives: Iterable[ObjectiveState]) -> Iterator[str]:
    for objective in objectives:
        rates = [
            each.rate for each in objective.burns if each.window_s in _BURN_WINDOWS_S
        ]
        fast = reachable_rate(FAST_BURN, objective.target)
        if all(rate > fast for rate in rates):
            yield f"the error budget of {objective.name} burns fast"
