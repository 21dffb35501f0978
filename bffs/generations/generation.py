"""A generation: everything derived from one configuration and one set of SDLs."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph
from weir.gateway.edge.route import Route
from weir.gateway.routes.table import RouteTable
from weir.gateway.upstreams.registry import Registry


def generation_id(loaded: LoadedConfig, texts: Iterable[str]) -> str:
    """Hash the configuration and all that it names: SDLs, stored operations."""
    digest = blake2b(digest_size=6)
    digest.update(orjson.dumps(loaded.config.model_dump(mode="json")))
    for text in texts:
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Served:
    """Façades and their routes, and the graphs below by what these were made from."""

    facades: tuple[Facade, ...]
    routes: RouteTable
    graphs: Mapping[MadeFrom, ViewedGraph]


class Generation:
    """Serves requests until it is retired and the last of them has ended.

    `since_s` is the monotonic time at which it was built.
    """

    def __init__(
        self,
        id_: str,
        loaded: LoadedConfig,
        registry: Registry,
        served: Served,
        since_s: float,
    ) -> None:
        self.id = id_
        self.since_s = since_s
        self.loaded = loaded
        self.registry = registry
        self.facades = served.facades
        self.graphs = served.graphs
        for graph in served.graphs.values():
            graph.share()
        self.route = served.routes.route
        self._routes = served.routes
        self._requests = 0
        self._unused = asyncio.Event()
        self._unused.set()

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
        """Let go of graphs and upstreams once nothing uses them any more.

        A preparation may outlive the last request: its thread is stopped first.
        """
        await self._unused.wait()
        for facade in self.facades:
            await facade.engine.close()
        for graph in self.graphs.values():
            graph.release()
        await self.registry.close()
