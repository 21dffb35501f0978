"""A generation: everything derived from one configuration and one set of SDLs."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from bffs.config.decode import LoadedConfig
from bffs.facade import Facade
from bffs.graphql_front import GraphQLFront
from bffs.rest_front import RestFront
from bffs.viewed_graph import MadeFrom, ViewedGraph
from gateway.edge.front import Front
from gateway.edge.plain import HealthFront, NotFoundFront
from gateway.upstreams.registry import Registry


def generation_id(loaded: LoadedConfig, texts: Iterable[str]) -> str:
    """Hash the configuration and all that it names: SDLs, stored operations."""
    digest = blake2b(digest_size=6)
    digest.update(orjson.dumps(loaded.config.model_dump(mode="json")))
    for text in texts:
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Served:
    """What a generation serves: façades, over graphs by what these were made from."""

    facades: tuple[Facade, ...]
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
        self._routes = _Routes(self.facades)
        self._requests = 0
        self._unused = asyncio.Event()
        self._unused.set()

    def match(self, path: str) -> Front:
        return self._routes.match(path)

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for an answer right now."""
        return not self._requests

    def enter(self) -> None:
        self._requests += 1
        self._unused.clear()

    def leave(self) -> None:
        self._requests -= 1
        if not self._requests:
            self._unused.set()

    async def close(self) -> None:
        """Let go of graphs and upstreams once the last request has ended."""
        await self._unused.wait()
        for graph in self.graphs.values():
            graph.release()
        await self.registry.close()


class _Routes:
    """Which front serves a path: GraphQL endpoints exactly, REST by prefix."""

    def __init__(self, facades: Sequence[Facade]) -> None:
        self._exact: dict[str, Front] = {"/health": HealthFront()}
        for facade in facades:
            self._exact[f"{facade.path}/graphql"] = GraphQLFront(facade)
        # The longest path first, so that /tv/kids is not taken for a part of /tv.
        self._below: tuple[tuple[str, Front], ...] = tuple(
            (f"{facade.path}/", RestFront(facade))
            for facade in sorted(facades, key=lambda each: -len(each.path))
            if facade.stored
        )
        self._not_found: Front = NotFoundFront()

    def match(self, path: str) -> Front:
        front = self._exact.get(path)
        if front is not None:
            return front
        for prefix, candidate in self._below:
            if path.startswith(prefix):
                return candidate
        return self._not_found
