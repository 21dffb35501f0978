"""The registry at run time: services and their instances, put and taken out."""

from collections.abc import Mapping
from typing import Annotated, Protocol

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from gateway.control.views import ReloadView


class EndpointChange(BaseModel):
    """What is to be different about an instance; what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = None
    weight: Annotated[int | None, Field(ge=1, le=65_535)] = None
    enabled: bool | None = None


class RegistryTarget(Protocol):
    """A gateway whose services can be changed while it serves.

    Each change is valid as a whole, kept, and served by a new generation, or refused:
    raises UnknownService, ReloadRefused or ConfigReadOnly. Returns the generation's id.
    """

    async def put_service(self, name: str, definition: Mapping[str, object]) -> str: ...

    async def delete_service(self, name: str) -> str: ...

    async def put_endpoint(
        self, service: str, endpoint: str, change: Mapping[str, object]
    ) -> str: ...

    async def delete_endpoint(self, service: str, endpoint: str) -> str: ...


def registry_routes(target: RegistryTarget) -> APIRouter:
    router = APIRouter()

    @router.put("/services/{name}")
    async def put_service(
        name: str, definition: Annotated[dict[str, object], Body()]
    ) -> ReloadView:
        return ReloadView(generation=await target.put_service(name, definition))

    @router.delete("/services/{name}")
    async def delete_service(name: str) -> ReloadView:
        return ReloadView(generation=await target.delete_service(name))

    @router.put("/services/{name}/endpoints/{endpoint}")
    async def put_endpoint(
        name: str, endpoint: str, change: EndpointChange
    ) -> ReloadView:
        changed = change.model_dump(exclude_none=True)
        generation = await target.put_endpoint(name, endpoint, changed)
        return ReloadView(generation=generation)

    @router.delete("/services/{name}/endpoints/{endpoint}")
    async def delete_endpoint(name: str, endpoint: str) -> ReloadView:
        return ReloadView(generation=await target.delete_endpoint(name, endpoint))

    return router
