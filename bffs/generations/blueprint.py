"""The blueprint of a generation: everything that is read or composed once, as values.

    configuration -> SDLs -> supergraphs, stored operations -> blueprint

A blueprint can be pickled. `realise` makes a generation of it in each process that
serves, without a further call to a service and without composing.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import chain

import orjson

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.facade import VersionSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.facades.graph_views import MadeFrom
from weir.bffs.facades.stored.folder import load_operations
from weir.bffs.facades.stored.manifest import load_manifest
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.union import united
from weir.bffs.facades.stored.version import of_version
from weir.bffs.generations.graph.compose_process import compose_graph
from weir.bffs.generations.graph.subgraphs import SubgraphLoader
from weir.bffs.generations.graph.supergraph_file import SupergraphFile
from weir.bffs.generations.objectives import check_objectives
from weir.gateway.discovery.policy import DiscoverySource
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.resolvers.sources.root_names import RootNames
from weir.schema.subgraphs.subgraph import Subgraph


@dataclass(frozen=True, slots=True)
class GraphBlueprint:
    """A graph: the subgraphs or the text that it is made from, and its supergraph.

    `root_names` are the own names of root types by their default names, by subgraph. A
    supergraph that is read from a file does not have them. It took `composition_s` to
    compose, 0 for one from a file.
    """

    made_from: MadeFrom
    supergraph_sdl: str
    root_names: Mapping[str, RootNames] = field(default_factory=dict[str, RootNames])
    composition_s: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A generation before it has connections; `graphs` and `stored` are by façade.

    Equal configurations, SDLs and stored operations have the same `id`.
    """

    id: str
    loaded: LoadedConfig
    policies: Mapping[str, UpstreamPolicy]
    graphs: Mapping[str, GraphBlueprint]
    stored: Mapping[str, tuple[StoredOperation, ...]]

    @property
    def composition_s(self) -> float:
        """The time that its graphs took to compose, each once."""
        graphs = {each.made_from: each for each in self.graphs.values()}
        return sum(each.composition_s for each in graphs.values())

    @property
    def sources(self) -> frozenset[DiscoverySource]:
        """The sources of the instances of its upstreams."""
        found = (each.discovery for each in self.policies.values())
        return frozenset(each.source for each in found if each is not None)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws the blueprint of one configuration; `loader` reads its SDLs.

    Graphs that `previous` has composed of the same subgraphs are taken from it.
    """

    loaded: LoadedConfig
    policies: Mapping[str, UpstreamPolicy]
    given: SupergraphFile | None
    loader: SubgraphLoader
    previous: Blueprint | None
    drawn: dict[MadeFrom, GraphBlueprint] = field(
        default_factory=dict[MadeFrom, GraphBlueprint]
    )

    async def shared_subgraphs(self) -> tuple[Subgraph, ...]:
        """Load the subgraphs that all façades have; raises ConfigError.

        A supergraph that is given has them already.
        """
        if self.given is not None:
            return ()
        return await self.loader.load(("subgraphs",), self.loaded.config.subgraphs)

    async def graph(self, subgraphs: Sequence[Subgraph]) -> GraphBlueprint:
        """Return the graph of subgraphs; of none, the one that is given by a file.

        Raises CompositionFailed.
        """
        if self.given is not None and not subgraphs:
            return GraphBlueprint(self.given.text, self.given.text)
        return await self._composed(subgraphs)

    async def facade_graph(
        self, facade: str, shared: Sequence[Subgraph]
    ) -> GraphBlueprint:
        """Return the graph of a façade; raises ConfigError, CompositionFailed."""
        path: DataPath = ("facades", facade, "subgraphs")
        own = self.loaded.config.facades[facade].subgraphs
        return await self.graph((*shared, *await self.loader.load(path, own)))

    async def blueprint(self, shared: Sequence[Subgraph]) -> Blueprint:
        """Return the blueprint; raises ConfigError with every failure of a step."""
        graphs = {
            name: await self.facade_graph(name, shared)
            for name in self.loaded.config.facades
        }
        stored = await asyncio.to_thread(_stored, self.loaded)
        check_objectives(self.loaded, stored)
        return Blueprint(
            id=_id(self.loaded, _texts(graphs.values(), stored)),
            loaded=self.loaded,
            policies=self.policies,
            graphs=graphs,
            stored=stored,
        )

    async def _composed(self, subgraphs: Sequence[Subgraph]) -> GraphBlueprint:
        # Addresses belong to upstreams: an instance that moves does not change a graph.
        made_from = tuple(replace(each, url="") for each in subgraphs)
        known = self.drawn.get(made_from) or _composed_before(self.previous, made_from)
        if known is None:
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            serving = self.previous is not None
            composed = await compose_graph(made_from, serving=serving)
            known = GraphBlueprint(
                made_from,
                composed.supergraph_sdl,
                composed.root_names,
                loop.time() - began_s,
            )
        self.drawn[made_from] = known
        return known


def _composed_before(
    previous: Blueprint | None, made_from: MadeFrom
) -> GraphBlueprint | None:
    graphs = previous.graphs.values() if previous else ()
    return next((each for each in graphs if each.made_from == made_from), None)


def _stored(loaded: LoadedConfig) -> dict[str, tuple[StoredOperation, ...]]:
    """Read the stored operations of each façade; raises ConfigError."""
    return {
        name: facade_operations(loaded, name)
        for name, facade in loaded.config.facades.items()
        if facade.operations is not None or facade.versions or facade.manifests
    }


def facade_operations(loaded: LoadedConfig, facade: str) -> tuple[StoredOperation, ...]:
    """Read the stored operations of one façade, and those of its manifests.

    Raises ConfigError.
    """
    operations = _file_operations(loaded, facade)
    manifests = loaded.config.facades[facade].manifests
    if not manifests:
        return operations
    for index, name in enumerate(manifests):
        if not (loaded.folder / name).is_file():
            path: DataPath = ("facades", facade, "manifests", index)
            message = f"facades.{facade}.manifests: the file {name} does not exist"
            raise loaded.error(path, message)
    found = (load_manifest(loaded.folder / name) for name in manifests)
    return united((*operations, *chain.from_iterable(found)))


def _file_operations(loaded: LoadedConfig, facade: str) -> tuple[StoredOperation, ...]:
    section = loaded.config.facades[facade]
    path: DataPath = ("facades", facade)
    if section.operations is not None:
        return _folder_operations(loaded, path, section.operations)
    return tuple(
        operation
        for name, version in section.versions.items()
        for operation in _of_version(loaded, (*path, "versions", name), version)
    )


def _of_version(
    loaded: LoadedConfig, path: DataPath, section: VersionSection
) -> Iterator[StoredOperation]:
    version = str(path[-1])
    for each in _folder_operations(loaded, path, section.operations):
        yield of_version(each, version, section.lifecycle)


def _folder_operations(
    loaded: LoadedConfig, parent: DataPath, folder: str
) -> tuple[StoredOperation, ...]:
    path = (*parent, "operations")
    name = ".".join(map(str, path))
    if not (loaded.folder / folder).is_dir():
        message = f"{name}: the folder {folder} does not exist"
        raise loaded.error(path, message)
    operations = load_operations(loaded.folder / folder)
    if not operations:
        message = f"{name}: no file *.graphql in {folder} has an operation"
        raise loaded.error(path, message)
    return operations


def _texts(
    graphs: Iterable[GraphBlueprint],
    stored: Mapping[str, tuple[StoredOperation, ...]],
) -> Iterator[str]:
    """Yield the texts that a generation is made from, each graph's once."""
    for made_from in dict.fromkeys(graph.made_from for graph in graphs):
        if isinstance(made_from, str):
            yield made_from
        else:
            yield from (each.sdl for each in made_from)
    for operations in stored.values():
        yield from (each.declaration for each in operations)


def _id(loaded: LoadedConfig, texts: Iterable[str]) -> str:
    """Hash the configuration and all that it names: SDLs, stored operations."""
    digest = blake2b(digest_size=6)
    digest.update(orjson.dumps(loaded.config.model_dump(mode="json")))
    for text in texts:
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()
