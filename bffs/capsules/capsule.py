"""The content of a capsule: plain values, which are written as JSON.

Like the explanations of requests, it has no header fields, bodies, variables, raw paths
and addresses of clients.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from weir.gateway.telemetry.metrics.burn_rates import ObjectiveState
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.upstreams.snapshot import EndpointSnapshot, ServiceSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """A service with the states of its breakers: "" is that of the whole service."""

    name: str
    available: bool
    panic: bool
    breakers: dict[str, str]
    endpoints: tuple[EndpointSnapshot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule:
    """The gateway at the beginning of `incidents`.

    `requests` are those of the last seconds, and `explanations` those of the failed and
    slow ones among them.
    """

    weir: str
    at: datetime
    incidents: tuple[str, ...]
    generation: str
    config_version: str
    services: tuple[ServiceState, ...]
    objectives: tuple[ObjectiveState, ...]
    requests: tuple[RequestSummary, ...]
    explanations: tuple[Explanation, ...]


def service_states(services: Iterable[ServiceSnapshot]) -> tuple[ServiceState, ...]:
    """Return the states of services."""
    return tuple(map(_service_state, services))


def _service_state(service: ServiceSnapshot) -> ServiceState:
    breakers = {"": service.breaker.acts_as} | {
        each.name: each.breaker.acts_as
        for each in service.operations
        if each.breaker is not None
    }
    return ServiceState(
        name=service.name,
        available=service.available,
        panic=service.panic,
        breakers=breakers,
        endpoints=service.endpoints,
    )
