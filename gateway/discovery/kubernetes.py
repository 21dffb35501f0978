"""Discovery by Kubernetes: the EndpointSlices of a service, listed and watched.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.json import Decoder

from weir.gateway.bounded_file import UnreadableFile, read_file
from weir.gateway.discovery.errors import DiscoveryError, InvalidResponse
from weir.gateway.discovery.instances import instance, merged
from weir.gateway.discovery.json_api import JsonApi, UnexpectedStatus, json_api
from weir.gateway.discovery.policy import InstanceSpec, KubernetesPolicy

_WATCH_S: Final = 240
_GONE: Final = 410
_MOST_BYTES: Final = 64 * 1024
_MOST_SLICES: Final = 5_000


class _Metadata(Struct, frozen=True, rename="camel"):
    name: str = ""
    resource_version: str = ""


class _Port(Struct, frozen=True):
    name: str | None = None
    port: int | None = None


class _Conditions(Struct, frozen=True):
    ready: bool | None = None


class _Zone(Struct, frozen=True):
    name: str


class _Hints(Struct, frozen=True, rename="camel"):
    for_zones: list[_Zone] | None = None


class _Endpoint(Struct, frozen=True):
    addresses: list[str]
    conditions: _Conditions = _Conditions()
    hints: _Hints | None = None

    @property
    def is_ready(self) -> bool:
        # An unknown condition means that it is ready.
        return self.conditions.ready is not False

    @property
    def zones(self) -> frozenset[str]:
        """The zones that shall use the endpoint; empty for no hint."""
        hints = self.hints.for_zones if self.hints else None
        return frozenset(zone.name for zone in hints or ())


class _Slice(Struct, frozen=True):
    metadata: _Metadata
    endpoints: list[_Endpoint] | None = None
    ports: list[_Port] | None = None


class _Slices(Struct, frozen=True):
    metadata: _Metadata
    items: list[_Slice] | None = None


class _Status(Struct, frozen=True):
    code: int = 0
    message: str = ""


class _Added(Struct, frozen=True, tag_field="type", tag="ADDED"):
    object: _Slice


class _Modified(Struct, frozen=True, tag_field="type", tag="MODIFIED"):
    object: _Slice


class _Deleted(Struct, frozen=True, tag_field="type", tag="DELETED"):
    object: _Slice


class _Error(Struct, frozen=True, tag_field="type", tag="ERROR"):
    object: _Status


_Change: TypeAlias = _Added | _Modified | _Deleted
_EVENTS: Final[Decoder[_Change | _Error]] = Decoder(_Change | _Error)
_Ready: TypeAlias = tuple[_Endpoint, int]
"""A ready endpoint, and its port."""


class KubernetesDiscovery:
    """The discovery of the endpoints of one service."""

    def __init__(self, policy: KubernetesPolicy) -> None:
        self._policy = policy
        self._account = Path(policy.account)

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        policy = self._policy
        # Kubernetes replaces the token from time to time.
        token = await self._read("token")
        namespace = policy.namespace or await self._read("namespace")
        path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        of_service = {"labelSelector": f"kubernetes.io/service-name={policy.service}"}
        headers = {"authorization": f"Bearer {token}"}
        async with json_api(policy.api, headers, str(self._account / "ca.crt")) as api:
            listed = (await api.get(path, of_service, _Slices)).value
            slices = {each.metadata.name: each for each in listed.items or ()}
            yield self._instances(slices.values())
            query = of_service | {"resourceVersion": listed.metadata.resource_version}
            async with aclosing(_changes(api, path, query)) as stream:
                async for changes in stream:
                    for change in changes:
                        name = change.object.metadata.name
                        if isinstance(change, _Deleted):
                            slices.pop(name, None)
                        else:
                            slices[name] = change.object
                    yield self._instances(slices.values())

    async def _read(self, name: str) -> str:
        """Return a text of the service account."""
        file = self._account / name
        try:
            content = await asyncio.to_thread(read_file, file, _MOST_BYTES)
            return content.decode().strip()
        except (UnreadableFile, UnicodeDecodeError) as error:
            message = f"the service account has no usable {name}: {error}"
            raise DiscoveryError(message) from error

    def _instances(self, slices: Collection[_Slice]) -> tuple[InstanceSpec, ...]:
        if len(slices) > _MOST_SLICES:
            message = f"there are more than {_MOST_SLICES} slices of endpoints"
            raise InvalidResponse(message)
        ready = [
            (endpoint, self._port(each))
            for each in slices
            for endpoint in each.endpoints or ()
            if endpoint.is_ready
        ]
        if self._policy.zone:
            ready = _of_zone(ready, self._policy.zone)
        scheme = self._policy.scheme
        return merged(
            # The addresses of an endpoint are alternatives, and the first is used.
            instance(scheme, endpoint.addresses[0], port)
            for endpoint, port in ready
            if endpoint.addresses
        )

    def _port(self, endpoints: _Slice) -> int:
        """Return the port of the configured name, or the only one."""
        wanted, ports = self._policy.port, endpoints.ports or []
        found = [each for each in ports if not wanted or (each.name or "") == wanted]
        if len(found) == 1 and found[0].port is not None:
            return found[0].port
        names = ", ".join(each.name or "without a name" for each in ports) or "none"
        kind = f'one named "{wanted}"' if wanted else "exactly one, or set `port`"
        message = (
            f"the ports of the service {self._policy.service} are: {names}; expected"
            f" {kind}"
        )
        raise InvalidResponse(message)


def _of_zone(ready: list[_Ready], zone: str) -> list[_Ready]:
    """Return the endpoints for a zone, or all of them, as kube-proxy does.

    Hints are ignored if an endpoint has none, or if there are none for the zone.
    """
    if not all(endpoint.zones for endpoint, _ in ready):
        return ready
    return [each for each in ready if zone in each[0].zones] or ready


async def _changes(
    api: JsonApi, path: str, query: dict[str, str]
) -> AsyncGenerator[list[_Change], None]:
    """Yield the changes after a version, until the server has forgotten it."""
    options = {"watch": "1", "timeoutSeconds": str(_WATCH_S)}
    request = api.request("GET", path, parameters=query | options)
    try:
        async with aclosing(api.stream(request, _EVENTS)) as stream:
            async for events in stream:
                yield [_change(event) for event in events]
    except UnexpectedStatus as error:
        if error.status != _GONE:
            raise


def _change(event: _Change | _Error) -> _Change:
    if not isinstance(event, _Error):
        return event
    status = event.object
    message = f"Kubernetes ended the watch: {status.code} {status.message[:200]!r}"
    raise UnexpectedStatus(message, status.code)
