"""The registry at run time: services and their instances, put and taken out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field

from weir.gateway.control.preconditions import ExpectedVersions, set_version
from weir.gateway.control.views import ReloadView


class EndpointChange(BaseModel):
    """The changes of an instance; an absent key changes nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = None
    weight: Annotated[int | None, Field(ge=1, le=65_535)] = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class ConfigVersion:
    """A version of the configuration, and the generation that serves it."""

    version: str
    generation: str


class RegistryTarget(Protocol):
    """A gateway whose services can be changed while it serves.

    A change is valid as a whole, stored and served by a new generation, or rejected. It
    is made of any version, or of one of the `expected`. Raise ReloadRefused,
    NotRegistered, ConfigReadOnly, ConfigConflicts or PreconditionFailed.
    """

    async def put_service(
        self,
        name: str,
        definition: Mapping[str, object],
        expected: frozenset[str] | None,
    ) -> ConfigVersion: ...

    async def delete_service(
        self, name: str, expected: frozenset[str] | None
    ) -> ConfigVersion: ...

    async def put_endpoint(
        self,
        service: str,
        endpoint: str,
        change: Mapping[str, object],
        expected: frozenset[str] | None,
    ) -> ConfigVersion: ...

    async def delete_endpoint(
        self, service: str, endpoint: str, expected: frozenset[str] | None
    ) -> ConfigVersion: ...


def registry_routes(target: RegistryTarget) -> APIRouter:
    """Return the routes that change the registered services."""
    router = APIRouter()

    @router.put("/services/{name}")
    async def put_service(
        name: str,
        definition: Annotated[dict[str, object], Body()],
        expected: ExpectedVersions,
        response: Response,
    ) -> ReloadView:
        return _shown(await target.put_service(name, definition, expected), response)

    @router.delete("/services/{name}")
    async def delete_service(
        name: str, expected: ExpectedVersions, response: Response
    ) -> ReloadView:
        return _shown(await target.delete_service(name, expected), response)

    @router.put("/services/{name}/endpoints/{endpoint}")
    async def put_endpoint(
        name: str,
        endpoint: str,
        change: EndpointChange,
        expected: ExpectedVersions,
        response: Response,
    ) -> ReloadView:
        changed = change.model_dump(exclude_none=True)
        made = await target.put_endpoint(name, endpoint, changed, expected)
        return _shown(made, response)

    @router.delete("/services/{name}/endpoints/{endpoint}")
    async def delete_endpoint(
        name: str, endpoint: str, expected: ExpectedVersions, response: Response
    ) -> ReloadView:
        made = await target.delete_endpoint(name, endpoint, expected)
        return _shown(made, response)

    return router


def _shown(made: ConfigVersion, response: Response) -> ReloadView:
    set_version(response, made.version)
    return ReloadView(generation=made.generation)
