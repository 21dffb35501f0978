"""The measurement of stored queries: each runs once, and is not cached."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from weir.bffs.budget.attribution import FieldBytes, field_bytes
from weir.bffs.budget.observed_transport import ObservedTransport
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.health_checks import without_health_checks
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.in_memory.gateway import MemoryGateway, memory_gateway
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.events import Event, EventReceiver, FetchFinished
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.factories import TransportFactory, new_transport
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.operation.variables.device_arguments import hidden_values

_GZIP_LEVEL: Final = 6


class Unmeasurable(Exception):
    """A query that has no complete response; the text is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The costs of one query of a façade, and its bytes by field."""

    facade: str
    operation: str
    bytes: int
    gzip: int
    fetches: int
    depth: int
    upstream_bytes: int
    time_s: float
    fields: tuple[FieldBytes, ...]


@dataclass(frozen=True, slots=True)
class MeasuredRequests:
    """The variables of queries, by name, and the header fields of all requests."""

    variables: Mapping[str, JSONObject]
    headers: Mapping[str, str]


async def measure(
    loaded: LoadedConfig,
    facades: Sequence[str],
    requests: MeasuredRequests,
    transports: TransportFactory = new_transport,
) -> list[Measurement]:
    """Run the stored queries of façades; raises ConfigError and Unmeasurable."""
    counter = _Counter(transports)
    measured = _uncached(without_health_checks(loaded))
    async with memory_gateway(measured, counter, counter.transport) as gateway:
        return [
            await _measured(gateway, counter, gateway.facade(name), pair, requests)
            for name in facades
            for pair in gateway.facade(name).stored
            if not pair[0].mutates
        ]


def _uncached(loaded: LoadedConfig) -> LoadedConfig:
    """Return a configuration whose caches are too small for any response."""
    server = loaded.config.server.model_copy(update={"cache": 1})
    config = loaded.config.model_copy(update={"server": server})
    return replace(loaded, config=config)


async def _measured(
    gateway: MemoryGateway,
    counter: "_Counter",
    facade: Facade,
    pair: tuple[StoredOperation, Prepared],
    requests: MeasuredRequests,
) -> Measurement:
    stored, prepared = pair
    variables = requests.variables.get(stored.name, {})
    before, clock = counter.counts(), SystemClock()
    started_s = clock.monotonic_s()
    response = await gateway.client.post(
        f"{facade.path}/graphql",
        json={"documentId": stored.ids[0], "variables": variables},
        headers=requests.headers,
    )
    ended_s = clock.monotonic_s()
    body: JSONObject = response.json()
    if body.get("errors") or not is_object(body.get("data")):
        errors = "; ".join(str(each["message"]) for each in body.get("errors", []))
        message = f"{facade.name}: {stored.label} has no complete response: {errors}"
        raise Unmeasurable(message)
    data: JSONObject = body["data"]
    coerced = prepared.coercion.coerce(variables)
    coerced |= hidden_values(prepared.hidden, facade.device, coerced).values
    fetches, upstream_bytes = counter.counts()
    return Measurement(
        facade=facade.name,
        operation=stored.label,
        bytes=len(response.content),
        gzip=len(gzip.compress(response.content, _GZIP_LEVEL, mtime=0)),
        fetches=fetches - before[0],
        depth=_depth(data),
        upstream_bytes=upstream_bytes - before[1],
        time_s=ended_s - started_s,
        fields=field_bytes(data, prepared.executable, coerced),
    )


def _depth(value: JSONValue) -> int:
    if is_object(value):
        return 1 + max(map(_depth, value.values()), default=0)
    return max(map(_depth, value), default=0) if is_list(value) else 0


class _Counter:
    """Counts fetches, and the bytes of the responses of services."""

    def __init__(self, transports: TransportFactory) -> None:
        self._transports = transports
        self._fetches = 0
        self.bytes = 0

    def counts(self) -> tuple[int, int]:
        return self._fetches, self.bytes

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        return self._count if event_type is FetchFinished else None

    def emit(self, event: Event) -> None:
        if isinstance(event, FetchFinished):
            self._count(event)

    def _count(self, event: Event) -> None:
        del event
        self._fetches += 1

    def transport(self, url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        return ObservedTransport(self._transports(url, policy, clock), self._add)

    def _add(self, request: UpstreamRequest, response: UpstreamResponse) -> None:
        del request
        self.bytes += len(response.body)
