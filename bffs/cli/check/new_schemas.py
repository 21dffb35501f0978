"""The schemas that clients of a configuration's façades would see."""

from collections.abc import Sequence
from functools import cache

from graphql import GraphQLSchema

from weir.bffs.cli.check.old_schemas import WHOLE_GRAPH
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.facades.client_schema import client_schema
from weir.bffs.facades.graph_views import ViewedGraph
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.generations.build import Draft
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.subgraphs.subgraph import Subgraph


class NewSchemas:
    """The schemas of the façades of a blueprint, and that of the whole graph."""

    def __init__(self, blueprint: Blueprint, whole: str | None) -> None:
        """Begin with the supergraph of the whole graph, None if there is none."""
        self.facades = tuple(blueprint.graphs)
        self._blueprint = blueprint
        self._whole = whole
        self._viewed = cache(_viewed)

    @property
    def has_graph(self) -> bool:
        """Whether there is a graph at all, beside plain routes."""
        return bool(self.facades) or self._whole is not None

    def of(self, facade: str) -> GraphQLSchema:
        """Return the schema of a façade or of WHOLE_GRAPH; raises ConfigError."""
        if facade != WHOLE_GRAPH:
            graph = self._blueprint.graphs[facade]
            viewed = self._viewed(graph.supergraph_sdl)
            return client_schema(self._blueprint.loaded, viewed, facade)
        if self._whole is None:
            message = (
                "there is no graph of all façades to compare with; give the URL of a"
                " façade, or of the control port"
            )
            raise ConfigError(Problem(message=message))
        return self._viewed(self._whole).graph.supergraph.api_schema

    def stored(self, facade: str) -> Sequence[StoredOperation]:
        """Return the stored operations of a façade."""
        return self._blueprint.stored.get(facade, ())


async def new_schemas(
    draft: Draft, blueprint: Blueprint, shared: Sequence[Subgraph]
) -> NewSchemas:
    """Return the schemas of a blueprint; `shared` are the subgraphs of all façades.

    Raises CompositionFailed.
    """
    if not (shared or draft.drawing.given):
        return NewSchemas(blueprint, None)
    graph = await draft.drawing.graph(shared)
    return NewSchemas(blueprint, graph.supergraph_sdl)


def _viewed(supergraph_sdl: str) -> ViewedGraph:
    return ViewedGraph(Graph.of(read_supergraph(supergraph_sdl)))
