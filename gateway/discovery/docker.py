"""Discovery by Docker: the running containers with some labels, listed at each event.

https://docs.docker.com/reference/api/engine/
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import msgspec
from msgspec import Struct, field
from msgspec.json import Decoder

from weir.gateway.clock import Clock, SystemClock
from weir.gateway.discovery.errors import InvalidResponse, NoResponse
from weir.gateway.discovery.instances import instance, merged
from weir.gateway.discovery.json_api import JsonApi, json_api
from weir.gateway.discovery.policy import DockerPolicy, InstanceSpec

_URL: Final = "http://docker"
"""The API has no host: it is reached by its socket."""
_EVENTS: Final = ("start", "die", "pause", "unpause", "health_status")
"""The events after which other containers can be listed."""
_HEALTHY: Final = ("healthy", "none")
"""The health of containers whose check passes, and of those without one."""


class _Address(Struct, frozen=True):
    v4: str = field(name="IPAddress", default="")
    v6: str = field(name="GlobalIPv6Address", default="")


class _Settings(Struct, frozen=True, rename="pascal"):
    networks: dict[str, _Address | None] | None = None


class _Container(Struct, frozen=True):
    id: str = field(name="Id")
    settings: _Settings = field(name="NetworkSettings", default=_Settings())

    @property
    def addresses(self) -> dict[str, str]:
        """The addresses by the names of their networks."""
        networks = self.settings.networks or {}
        return {
            name: each.v4 or each.v6
            for name, each in networks.items()
            if each is not None and (each.v4 or each.v6)
        }


class _Event(Struct, frozen=True):
    """An event, which only has to be one object."""


_LINES: Final = Decoder(_Event)


class DockerDiscovery:
    """The discovery of the containers of one service."""

    def __init__(self, policy: DockerPolicy, clock: Clock | None = None) -> None:
        self._policy = policy
        self._clock = clock or SystemClock()
        self._labels = [f"{name}={value}" for name, value in policy.labels]

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        socket = self._policy.socket
        try:
            async with json_api(_URL, {}, socket=socket) as api:
                # Events since then follow the list, so that none is missed.
                since_s = int(self._clock.epoch_s())
                yield await self._listed(api)
                request = api.request("GET", "/events", parameters=self._since(since_s))
                async with aclosing(api.stream(request, _LINES)) as events:
                    async for _ in events:
                        yield await self._listed(api)
        except NoResponse as error:
            message = f"{socket}: {error}"
            raise NoResponse(message) from error

    def _since(self, since_s: int) -> dict[str, str]:
        """Return the query of the events of the service from a time on."""
        filters = {"type": ["container"], "event": _EVENTS, "label": self._labels}
        return {"since": str(since_s), "filters": _json(filters)}

    async def _listed(self, api: JsonApi) -> tuple[InstanceSpec, ...]:
        filters = {"status": ["running"], "health": _HEALTHY, "label": self._labels}
        query: dict[str, str | list[str]] = {"filters": _json(filters)}
        reply = await api.get("/containers/json", query, list[_Container])
        policy = self._policy
        return merged(
            instance(policy.scheme, self._address(each), policy.port)
            for each in reply.value
        )

    def _address(self, container: _Container) -> str:
        """Return the address in the configured network, or the only one."""
        network, addresses = self._policy.network, container.addresses
        if network in addresses:
            return addresses[network]
        if not network and len(addresses) == 1:
            return next(iter(addresses.values()))
        kind = f'"{network}"' if network else "exactly one, or set `network`"
        names = ", ".join(sorted(addresses)) or "none"
        message = (
            f"the networks with an address of the container {container.id[:12]!r} are:"
            f" {names[:200]}; expected {kind}"
        )
        raise InvalidResponse(message)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
