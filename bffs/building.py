"""From a configuration to the generation that serves it.

    policies -> registry -> subgraphs -> supergraph -> graph -> façades -> generation

Nothing of the serving generation is touched: what fails here leaves it as it is. What
only computes does so in a thread while requests are served.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from bffs.composing import compose_graph
from bffs.config.decode import LoadedConfig
from bffs.config.document import DataPath
from bffs.config.errors import ConfigError, Problem
from bffs.config.upstream_policies import upstream_policy
from bffs.facade import Facade
from bffs.facade_building import FacadeBuild
from bffs.generation import Generation, generation_id
from bffs.subgraphs import SourcedSubgraph, SubgraphLoader, start_context
from bffs.supergraph_file import read_supergraph_file, subgraph_path, subgraph_policy
from gateway.upstreams.policy import UpstreamPolicy
from gateway.upstreams.registry import Registry
from gateway.upstreams.runtime import Runtime
from resolvers.sources.graphql_upstream import GraphQLUpstream
from resolvers.sources.source import Source
from schema.graph.graph import Graph
from schema.graph.linked import not_enforced
from schema.supergraph import Supergraph, read_supergraph


@dataclass(frozen=True, slots=True)
class ServedGraph:
    """A graph, and what answers the fetches of each of its subgraphs."""

    graph: Graph
    sources: Mapping[str, Source]


async def build_generation(
    loaded: LoadedConfig,
    previous: Generation | None,
    runtime: Runtime,
    workers: Executor,
) -> Generation:
    """Build the generation of `loaded`; raises ConfigError, and leaves nothing open.

    Operations are planned on `workers` while the generation serves.
    """
    given = read_supergraph_file(loaded) if loaded.config.supergraph else None
    policies = _policies(loaded, given)
    registry = _registry(policies, previous, runtime)
    # Its instances may have to be found before services can be asked for their SDLs.
    registry.start()
    try:
        serving = previous is not None
        build = _Build(loaded, registry, runtime, workers, serving=serving)
        return await build.generation(given)
    except BaseException:
        await registry.close()
        raise


def _registry(
    policies: Mapping[str, UpstreamPolicy],
    previous: Generation | None,
    runtime: Runtime,
) -> Registry:
    try:
        if previous is not None:
            return previous.registry.next(policies)
        return Registry(policies, runtime)
    except OSError as error:
        # Certificates and keys are read when an upstream is made.
        message = f"upstreams: a TLS file cannot be used: {error}"
        raise ConfigError(Problem(message=message)) from error


def _policies(
    loaded: LoadedConfig, given: Supergraph | None
) -> Mapping[str, UpstreamPolicy]:
    policies = {
        name: upstream_policy(name, upstream, loaded.folder)
        for name, upstream in loaded.config.upstreams.items()
    }
    if given is not None and loaded.config.supergraph is not None:
        file = loaded.folder / loaded.config.supergraph
        for subgraph in given.subgraphs:
            if subgraph.name not in policies:
                policies[subgraph.name] = subgraph_policy(subgraph, file)
    return policies


@dataclass(frozen=True, slots=True)
class _Build:
    """One build: what its steps have in common."""

    loaded: LoadedConfig
    registry: Registry
    runtime: Runtime
    workers: Executor
    serving: bool

    async def generation(self, given: Supergraph | None) -> Generation:
        loader = SubgraphLoader(self.loaded, self.registry, start_context(self.runtime))
        shared = await loader.load(("subgraphs",), self.loaded.config.subgraphs)
        texts = [each.subgraph.sdl for each in shared]
        base: ServedGraph | None = None
        facades: list[Facade] = []
        for name, facade in self.loaded.config.facades.items():
            path: DataPath = ("facades", name, "subgraphs")
            own = await loader.load(path, facade.subgraphs)
            if own:
                texts += [each.subgraph.sdl for each in own]
                served = await self._compose((*shared, *own))
            else:
                # What façades add nothing to is one graph for all of them.
                base = base or await self._base(shared, given)
                served = base
            facades.append(await self._facade(name, served))
        texts += [each.text for facade in facades for each, _ in facade.stored]
        return Generation(
            generation_id(self.loaded, texts),
            self.loaded,
            self.registry,
            facades,
            self.runtime.clock.monotonic_s(),
        )

    async def _base(
        self, shared: Sequence[SourcedSubgraph], given: Supergraph | None
    ) -> ServedGraph:
        if given is None:
            return await self._compose(shared)
        sources = {
            each.name: GraphQLUpstream(
                self.registry.upstream(each.name), subgraph_path(each)
            )
            for each in given.subgraphs
        }
        _refuse_unprotected(given)
        return ServedGraph(await asyncio.to_thread(Graph.of, given), sources)

    async def _compose(self, subgraphs: Sequence[SourcedSubgraph]) -> ServedGraph:
        composed = await compose_graph(
            [each.subgraph for each in subgraphs], serving=self.serving
        )
        graph = await asyncio.to_thread(_read_graph, composed.supergraph_sdl)
        return ServedGraph(
            graph, {each.subgraph.name: each.source for each in subgraphs}
        )

    async def _facade(self, name: str, served: ServedGraph) -> Facade:
        names = self.loaded.config.upstreams
        build = FacadeBuild(
            loaded=self.loaded,
            graph=served.graph,
            sources=served.sources,
            upstreams={each: self.registry.upstream(each) for each in names},
            workers=self.workers,
            clock=self.runtime.clock,
        )
        return await asyncio.to_thread(build.facade, name)


def _read_graph(supergraph_sdl: str) -> Graph:
    supergraph = read_supergraph(supergraph_sdl)
    _refuse_unprotected(supergraph)
    return Graph.of(supergraph)


def _refuse_unprotected(supergraph: Supergraph) -> None:
    """Refuse a graph that restricts its fields to some clients.

    Nothing enforces that yet, and answering such fields to everybody would be worse
    than not to start.
    """
    for name in not_enforced(supergraph.document):
        message = (
            f"the graph uses @{name}, which Weir does not enforce yet: its fields would"
            " be public; protect them in their services, and remove the directive"
        )
        raise ConfigError(Problem(message=message))
