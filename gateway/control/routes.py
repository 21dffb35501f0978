"""The plain routes: which requests each of them matches, and the shares of a split."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import APIRouter, Body, Depends, Response
from pydantic import Field

from weir.gateway.control.preconditions import ExpectedVersions, set_version
from weir.gateway.control.registry import ConfigVersion
from weir.gateway.control.views import ReloadView, RoutesView, RouteView

_Weights = Annotated[
    dict[str, Annotated[int, Field(ge=0, le=1_000_000, strict=True)]],
    Body(min_length=1),
]


@dataclass(frozen=True, slots=True)
class SplitName:
    """The split of the route `name`, or of one of its versions or cohorts."""

    name: str
    version: str = ""
    cohort: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSnapshot:
    """The weights of the backends of a version or a cohort; "" if it is not of one."""

    version: str
    cohort: str
    weights: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSnapshot:
    """A plain route; without `hosts` or `methods`, it is for all of them.

    `conditions` are the fields that it expects, without their values, `endpoint` is the
    kind of its responses, and `weights` are those of its backends by name. `splits` are
    those of its versions and cohorts.
    """

    name: str
    path: str
    hosts: tuple[str, ...]
    methods: tuple[str, ...]
    conditions: tuple[str, ...]
    endpoint: str
    upstreams: tuple[str, ...]
    weights: Mapping[str, int]
    splits: tuple[SplitSnapshot, ...] = ()


class RoutesTarget(Protocol):
    """A gateway with plain routes."""

    def routes(self) -> tuple[RouteSnapshot, ...]:
        """Return the routes of the configuration that serves, in its order."""
        ...

    async def set_weights(
        self,
        split: SplitName,
        weights: Mapping[str, int],
        expected: frozenset[str] | None,
    ) -> ConfigVersion:
        """Change the weights of some backends of a split, in the configuration as well.

        Raise NotRegistered, and what other changes raise.
        """
        ...


def _split(name: str, version: str = "", cohort: str = "") -> SplitName:
    return SplitName(name, version, cohort)


def plain_route_routes(target: RoutesTarget) -> APIRouter:
    """Return the routes of plain routes."""
    router = APIRouter()

    @router.get("/gateway/routing-rules")
    @router.get("/routes")
    async def routes() -> RoutesView:
        return RoutesView(routes=tuple(map(RouteView.model_validate, target.routes())))

    @router.post("/routes/{name}/weights")
    async def weights(
        split: Annotated[SplitName, Depends(_split)],
        weights: _Weights,
        expected: ExpectedVersions,
        response: Response,
    ) -> ReloadView:
        made = await target.set_weights(split, weights, expected)
        set_version(response, made.version)
        return ReloadView(generation=made.generation)

    return router
