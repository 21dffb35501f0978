"""Discovery by Consul: blocking queries of the health of a service.

https://developer.hashicorp.com/consul/api-docs/features/blocking
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from weir.gateway.discovery.errors import InvalidResponse
from weir.gateway.discovery.instances import instance, merged
from weir.gateway.discovery.json_api import json_api
from weir.gateway.discovery.policy import ConsulPolicy, InstanceSpec

_WAIT_S: Final = 60
_MOST_S: Final = _WAIT_S * 17 / 16 + 10.0
"""Consul adds up to a sixteenth to the time of a blocking query."""
_PAUSE_S: Final = 1.0
"""Between two queries, so that an index that changes all the time costs little."""


class _Node(Struct, frozen=True, rename="pascal"):
    address: str = ""


class _Weights(Struct, frozen=True, rename="pascal"):
    passing: int = 1


class _Service(Struct, frozen=True, rename="pascal"):
    port: int
    address: str = ""
    weights: _Weights | None = None


class _Entry(Struct, frozen=True, rename="pascal"):
    node: _Node
    service: _Service


class ConsulDiscovery:
    """The discovery of the instances that are registered as one service."""

    def __init__(self, policy: ConsulPolicy) -> None:
        self._policy = policy
        self._path = f"/v1/health/service/{quote(policy.service, safe='')}"

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        policy = self._policy
        headers = {"x-consul-token": policy.token} if policy.token else {}
        index = 0
        async with json_api(policy.url, headers, policy.ca_file) as api:
            while True:
                query = self._query(index)
                reply = await api.get(self._path, query, list[_Entry], _MOST_S)
                yield merged(map(self._instance, reply.value))
                index = _next_index(index, reply.headers)
                await asyncio.sleep(_PAUSE_S)

    def _query(self, index: int) -> dict[str, str | list[str]]:
        """Return the query that blocks until the index is a later one (0: never)."""
        policy = self._policy
        query: dict[str, str | list[str]] = {"passing": "true"}
        if policy.stale:
            query["stale"] = ""
        if policy.datacenter:
            query["dc"] = policy.datacenter
        if policy.tags:
            query["tag"] = list(policy.tags)
        if index:
            query |= {"index": str(index), "wait": f"{_WAIT_S}s"}
        return query

    def _instance(self, entry: _Entry) -> InstanceSpec:
        service = entry.service
        # An empty address means that of the node.
        host = service.address or entry.node.address
        weight = service.weights.passing if service.weights else 1
        return instance(self._policy.scheme, host, service.port, max(1, weight))


def _next_index(index: int, headers: Mapping[str, str]) -> int:
    """Return the index of the next query, by Consul's rules for its clients.

    An index that goes backwards, as after a restore of Consul, begins again at 0.
    """
    try:
        latest = max(1, int(headers.get("x-consul-index", "")))
    except ValueError as error:
        message = "the response has no valid X-Consul-Index, so that it is not Consul's"
        raise InvalidResponse(message) from error
    return 0 if latest < index else latest
