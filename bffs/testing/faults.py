"""Faults of services in a test.

Down      no connection
Failing   each response has an error status
Slow      each response comes late
Empty     the service has no data: lists are empty, and objects are null
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

import orjson

from weir.bffs.testing.services import Service, ServiceRequest, ServiceResponse
from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.transport.errors import UpstreamConnectFailed

_ENTITIES = "_entities"


class Fault(Protocol):
    """A fault, which decides how a service responds."""

    async def respond(
        self, request: ServiceRequest, service: Service
    ) -> ServiceResponse:
        """Return the response; raises UpstreamError if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Down:
    """A service that accepts no connection."""

    async def respond(
        self, request: ServiceRequest, service: Service
    ) -> ServiceResponse:
        del request, service
        detail = "the service is down in this test"
        raise UpstreamConnectFailed(detail)


@dataclass(frozen=True, slots=True)
class Failing:
    """A service whose every response has an error status."""

    status: int = 500

    async def respond(
        self, request: ServiceRequest, service: Service
    ) -> ServiceResponse:
        del request, service
        return ServiceResponse({"error": "failing in this test"}, status=self.status)


@dataclass(frozen=True, slots=True)
class Slow:
    """A service that responds after some seconds."""

    seconds: float

    async def respond(
        self, request: ServiceRequest, service: Service
    ) -> ServiceResponse:
        await asyncio.sleep(self.seconds)
        return await service(request)


@dataclass(frozen=True, slots=True)
class Empty:
    """A service without data."""

    async def respond(
        self, request: ServiceRequest, service: Service
    ) -> ServiceResponse:
        response = await service(request)
        body = response.body
        if isinstance(body, bytes):
            body = orjson.loads(body)
        return replace(response, body=_emptied(body))


def _emptied(body: JSONValue) -> JSONValue:
    if is_list(body):
        return []
    if is_object(body) and is_object(body.get("data")):
        data = {key: _without_data(key, each) for key, each in body["data"].items()}
        return {**body, "data": data}
    return {} if is_object(body) else None


def _without_data(key: str, value: JSONValue) -> JSONValue:
    if is_list(value):
        return [None] * len(value) if key.startswith(_ENTITIES) else []
    return None
