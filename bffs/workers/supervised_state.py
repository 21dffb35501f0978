"""The state of upstreams that the supervisor decides on, for its workers.

It makes the health checks, and has the breakers that are forced. The workers get each
result and each change. A new worker gets all of them at its start.
"""

from collections.abc import Callable, Iterator

from weir.bffs.workers.messages import ForceBreaker, RecordCheck
from weir.gateway.events import Event, EventReceiver, HealthChecked
from weir.gateway.upstreams.instances.health_check import CheckResult
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.registry import Registry
from weir.gateway.upstreams.snapshot import BreakerSnapshot, ServiceSnapshot


class HealthResults:
    """A sink that sends the results of health checks to the workers."""

    def __init__(self, send: Callable[[RecordCheck], None]) -> None:
        self._send = send

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        return self.emit if event_type is HealthChecked else None

    def emit(self, event: Event) -> None:
        assert isinstance(event, HealthChecked)
        result = CheckResult(event.failures, event.reason)
        self._send(RecordCheck(event.upstream, event.instance, result))


def first_messages(registry: Registry) -> Iterator[ForceBreaker | RecordCheck]:
    """Yield the messages by which a new worker has the state of these upstreams."""
    for service in registry.snapshot():
        yield from _forced(service)
    for name, url, result in registry.failed_checks():
        yield RecordCheck(name, url, result)


def _forced(service: ServiceSnapshot) -> Iterator[ForceBreaker]:
    operations = ((each.name, each.breaker) for each in service.operations)
    own = [(name, breaker) for name, breaker in operations if breaker is not None]
    # Forcing the breaker of the upstream forces those of its operations as well.
    breakers = [("", service.breaker), *own]
    if any(breaker.forced for _, breaker in breakers):
        for operation, breaker in breakers:
            yield ForceBreaker(service.name, operation, _state(breaker))


def _state(breaker: BreakerSnapshot) -> BreakerState | None:
    return BreakerState(breaker.forced) if breaker.forced else None
