"""A generation: everything derived from one configuration and one set of SDLs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph
from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.generations.identification import Identification
from weir.bffs.generations.limits.configured import ConfiguredLimits
from weir.gateway.edge.route import Route
from weir.gateway.identity.query_keys import QueryKeys
from weir.gateway.routes.host_paths import HostPaths
from weir.gateway.routes.router import Router
from weir.gateway.routes.table import RouteTable
from weir.gateway.telemetry.metrics.label_values import LabelValues
from weir.gateway.upstreams.registry import Registry
from weir.gateway.upstreams.snapshot import ServiceSnapshot

if TYPE_CHECKING:
    from weir.gateway.geography.geography import Geography


@dataclass(frozen=True, slots=True)
class Served:
    """Façades and routes, their graphs by sources, limits, callers, places, labels."""

    facades: tuple[Facade, ...]
    routes: RouteTable | Router | HostPaths
    graphs: Mapping[MadeFrom, ViewedGraph]
    limits: ConfiguredLimits
    identification: Identification
    geography: "Geography | None"
    label_values: LabelValues


class Generation:
    """Serves requests until it is retired and the last of them has ended.

    `began_s` and `since_s` are the monotonic times at which its build began and ended,
    and `build_s` is the time between them.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        registry: Registry,
        served: Served,
        began_s: float,
        since_s: float,
    ) -> None:
        self.id = blueprint.id
        self.since_s = since_s
        self.build_s = since_s - began_s
        self.blueprint = blueprint
        self.loaded = blueprint.loaded
        self.registry = registry
        self.facades = served.facades
        self.graphs = served.graphs
        self.limits = served.limits
        self.identification = served.identification
        self.geography = served.geography
        self.label_values = served.label_values
        self.locate = (
            served.geography.located
            if served.geography and served.geography.sent
            else None
        )
        identity = self.loaded.config.identity
        query_key = identity.query_key if identity else None
        self.remove_keys = QueryKeys(query_key).removed if query_key else None
        for graph in served.graphs.values():
            graph.share()
        self.route = served.routes.route
        self._routes = served.routes
        self._requests = 0
        self._unused = asyncio.Event()
        self._unused.set()

    def services(self) -> tuple[ServiceSnapshot, ...]:
        """Return the state of all upstreams, and of the limits that follow them."""
        return tuple(
            replace(each, limits=self.limits.following(each.name))
            for each in self.registry.snapshot()
        )

    def serves(self, route: Route) -> bool:
        return route.fingerprint in self._routes.fingerprints

    @property
    def is_idle(self) -> bool:
        """Whether no request waits for its response right now."""
        return not self._requests

    def enter(self) -> None:
        self._requests += 1
        self._unused.clear()

    def leave(self) -> None:
        self._requests -= 1
        if not self._requests:
            self._unused.set()

    async def close(self) -> None:
        """Close the upstreams and release the graphs when the last request has ended.

        A preparation may outlive the last request: its thread is stopped first.
        """
        await self._unused.wait()
        for facade in self.facades:
            await facade.engine.operations.close()
        for graph in self.graphs.values():
            graph.release()
        await self.identification.close()
        await self.registry.close()
