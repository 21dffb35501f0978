"""From a configuration to the generation that serves it.

    policies -> registry -> subgraphs -> supergraph -> graph -> façades -> generation

Nothing of the serving generation is touched: what fails here leaves it as it is. What
only computes does so in a thread while requests are served, and what would come out
as it did for the serving generation is taken over from it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.place import DataPath
from weir.bffs.config.policies.server import route_policy
from weir.bffs.config.policies.upstream import upstream_policies
from weir.bffs.facades.build import FacadeBuild
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph, made_from_texts
from weir.bffs.generations.compose_process import compose_graph
from weir.bffs.generations.generation import Generation, Served, generation_id
from weir.bffs.generations.route_table import route_table
from weir.bffs.generations.subgraphs import (
    SourcedSubgraph,
    SubgraphLoader,
    start_context,
)
from weir.bffs.generations.supergraph_file import (
    SupergraphFile,
    read_supergraph_file,
    subgraph_path,
    subgraph_policy,
)
from weir.bffs.generations.upstream_registry import new_registry
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.registry import Registry
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.resolvers.sources.source import Source
from weir.schema.graph.graph import Graph
from weir.schema.graph.linked import not_enforced
from weir.schema.graph.supergraph import Supergraph, read_supergraph


@dataclass(frozen=True, slots=True)
class ServedGraph:
    """A graph, and what answers the fetches of each of its subgraphs."""

    viewed: ViewedGraph
    sources: Mapping[str, Source]


async def build_generation(
    loaded: LoadedConfig,
    previous: Generation | None,
    dependencies: Dependencies,
    queue: PreparationQueue,
) -> Generation:
    """Build the generation of `loaded`; raises ConfigError, and leaves nothing open.

    Operations are planned by `queue` while the generation serves.
    """
    given = await asyncio.to_thread(_given, loaded, previous)
    policies = _policies(loaded, given)
    registry = new_registry(
        policies, dependencies, previous.registry if previous else None
    )
    # Its instances may have to be found before services can be asked for their SDLs.
    registry.start()
    try:
        return await _Build(loaded, registry, dependencies, queue, previous).generation(
            given
        )
    except BaseException:
        await registry.close()
        raise


def _given(loaded: LoadedConfig, previous: Generation | None) -> SupergraphFile | None:
    if loaded.config.supergraph is None:
        return None
    return read_supergraph_file(loaded, previous.graphs if previous else {})


def _policies(
    loaded: LoadedConfig, given: SupergraphFile | None
) -> Mapping[str, UpstreamPolicy]:
    policies = upstream_policies(loaded)
    if given is not None:
        for subgraph in given.supergraph.subgraphs:
            if subgraph.name not in policies:
                policies[subgraph.name] = subgraph_policy(subgraph, given.file)
    return policies


@dataclass(frozen=True, slots=True)
class _Build:
    """One build: what its steps have in common."""

    loaded: LoadedConfig
    registry: Registry
    dependencies: Dependencies
    queue: PreparationQueue
    previous: Generation | None
    graphs: dict[MadeFrom, ViewedGraph] = field(
        default_factory=dict[MadeFrom, ViewedGraph]
    )

    async def generation(self, given: SupergraphFile | None) -> Generation:
        loader = SubgraphLoader(
            self.loaded, self.registry, start_context(self.dependencies)
        )
        shared = await loader.load(("subgraphs",), self.loaded.config.subgraphs)
        base: ServedGraph | None = None
        facades: list[Facade] = []
        for name, facade in self.loaded.config.facades.items():
            path: DataPath = ("facades", name, "subgraphs")
            own = await loader.load(path, facade.subgraphs)
            if own:
                served = await self._composed((*shared, *own))
            else:
                # What façades add nothing to is one graph for all of them.
                base = base or await self._base(shared, given)
                served = base
            facades.append(await self._facade(name, served))
        routes = await asyncio.to_thread(
            route_table,
            facades,
            self.loaded.document,
            route_policy(self.loaded.config.server),
        )
        stored = (each.text for facade in facades for each, _ in facade.stored)
        return Generation(
            generation_id(self.loaded, (*made_from_texts(self.graphs), *stored)),
            self.loaded,
            self.registry,
            Served(tuple(facades), routes, self.graphs),
            self.dependencies.clock.monotonic_s(),
        )

    async def _base(
        self, shared: Sequence[SourcedSubgraph], given: SupergraphFile | None
    ) -> ServedGraph:
        if given is None:
            return await self._composed(shared)
        supergraph = given.supergraph
        sources = {
            each.name: GraphQLSource(
                self.registry.upstream(each.name), subgraph_path(each)
            )
            for each in supergraph.subgraphs
        }
        graph = self._known(given.text)
        if graph is None:
            graph = await asyncio.to_thread(_viewed_graph, supergraph)
        self.graphs[given.text] = graph
        return ServedGraph(graph, sources)

    async def _composed(self, sourced: Sequence[SourcedSubgraph]) -> ServedGraph:
        # Addresses belong to upstreams: an instance that moves does not change a graph.
        subgraphs = tuple(replace(each.subgraph, url="") for each in sourced)
        graph = self._known(subgraphs)
        if graph is None:
            serving = self.previous is not None
            composed = await compose_graph(subgraphs, serving=serving)
            graph = await asyncio.to_thread(_read_graph, composed.supergraph_sdl)
        self.graphs[subgraphs] = graph
        return ServedGraph(graph, {each.subgraph.name: each.source for each in sourced})

    def _known(self, made_from: MadeFrom) -> ViewedGraph | None:
        known = self.graphs.get(made_from)
        if known is None and self.previous is not None:
            known = self.previous.graphs.get(made_from)
        return known

    async def _facade(self, name: str, served: ServedGraph) -> Facade:
        names = self.loaded.config.upstreams
        build = FacadeBuild(
            loaded=self.loaded,
            viewed=served.viewed,
            sources=served.sources,
            upstreams={each: self.registry.upstream(each) for each in names},
            queue=self.queue,
            clock=self.dependencies.clock,
            previous=self.previous.facades if self.previous else (),
        )
        return await asyncio.to_thread(build.facade, name)


def _read_graph(supergraph_sdl: str) -> ViewedGraph:
    return _viewed_graph(read_supergraph(supergraph_sdl))


def _viewed_graph(supergraph: Supergraph) -> ViewedGraph:
    """Build the graph; raises ConfigError where it restricts fields to some clients.

    Nothing enforces that yet, and answering such fields to everybody would be worse
    than not to start.
    """
    for name in not_enforced(supergraph.document):
        message = (
            f"the graph uses @{name}, which Weir does not enforce yet: its fields would"
            " be public; protect them in their services, and remove the directive"
        )
        raise ConfigError(Problem(message=message))
    return ViewedGraph(Graph.of(supergraph))
