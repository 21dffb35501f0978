"""The sources of a façade's graph: the upstream or the Python code of each subgraph."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.upstream.errors import ErrorsSection
from weir.bffs.generations.graph.supergraph_file import subgraph_path
from weir.gateway.upstreams.registry import Registry
from weir.resolvers.sources.exposure import ErrorExposure
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.resolvers.sources.root_names import RenamedRoots, RootNames
from weir.resolvers.sources.source import Source
from weir.schema.graph.graph import Graph
from weir.schema.graph.tables import SubgraphInfo

PlacedSection: TypeAlias = tuple[tuple[str, ...], SubgraphSection]
"""The place of a subgraph in the configuration, and the subgraph."""


@dataclass(frozen=True, slots=True)
class SourceFactory:
    """Makes sources over the upstreams of `registry`."""

    loaded: LoadedConfig
    registry: Registry

    def sources(
        self, facade: str, graph: Graph, root_names: Mapping[str, RootNames]
    ) -> Mapping[str, Source]:
        """Return the source of each subgraph of a façade; raises ConfigError."""
        config = self.loaded.config
        if config.supergraph is not None and not config.facades[facade].subgraphs:
            return {each.name: self._given(each) for each in graph.supergraph.subgraphs}
        sections = dict(self._sections(facade))
        sources = {
            path[-1]: self._source(path, each) for path, each in sections.items()
        }
        for name, own_names in root_names.items():
            sources[name] = RenamedRoots(sources[name], own_names)
        return sources

    def upstreams(self, facade: str, graph: Graph) -> Mapping[str, str]:
        """Return the upstream of each subgraph that is a service."""
        config = self.loaded.config
        if config.supergraph is not None and not config.facades[facade].subgraphs:
            return {
                each.name: each.name
                for each in graph.supergraph.subgraphs
                if each.name not in config.subgraphs
            }
        return {
            str(path[-1]): each.upstream
            for path, each in self._sections(facade)
            if each.upstream is not None
        }

    def coalesced(self, facade: str, graph: Graph) -> frozenset[str]:
        """Return the subgraphs that are services whose identical calls are shared."""
        config = self.loaded.config
        separate = {
            name for name, each in config.upstreams.items() if not each.coalesce
        }
        return frozenset(
            name
            for name, upstream in self.upstreams(facade, graph).items()
            if upstream not in separate
        )

    def _given(self, subgraph: SubgraphInfo) -> Source:
        """Return the source of a subgraph of the configured supergraph."""
        name = subgraph.name
        section = self.loaded.config.subgraphs.get(name)
        if section is not None:
            return self._source(("subgraphs", name), section)
        upstream, path = self.registry.upstream(name), subgraph_path(subgraph)
        return GraphQLSource(upstream, path, exposure=self._exposure(name))

    def _sections(self, facade: str) -> Iterator[PlacedSection]:
        config = self.loaded.config
        if config.supergraph is None:
            for name, section in config.subgraphs.items():
                yield ("subgraphs", name), section
        for name, section in config.facades[facade].subgraphs.items():
            yield ("facades", facade, "subgraphs", name), section

    def _source(self, path: DataPath, subgraph: SubgraphSection) -> Source:
        if subgraph.python is not None:
            from weir.bffs.extensions.python_subgraphs import python_source  # noqa: PLC0415

            return python_source(subgraph.python, self.loaded, (*path, "python"))
        assert subgraph.upstream is not None, "decoding requires one of the two"
        upstream = self.registry.upstream(subgraph.upstream)
        return GraphQLSource(
            upstream,
            subgraph.path,
            self._exposure(subgraph.upstream),
        )

    def _exposure(self, upstream: str) -> ErrorExposure:
        found = self.loaded.config.upstreams.get(upstream)
        errors = found.errors if found else ErrorsSection()
        return ErrorExposure(frozenset(errors.expose), frozenset(errors.extensions))
