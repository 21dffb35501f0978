"""A graph, and the views that façades have of it.

It outlives the generations that leave it as it is: most reloads change how services are
called, not what they serve, and need neither composing nor planning again.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TypeAlias

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    is_introspection_type,
    is_specified_scalar_type,
)

from weir.schema.contracts import Contract, View, view
from weir.schema.contracts.tags import tags_in
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.graph.graph import Graph
from weir.schema.subgraphs.subgraph import Subgraph

MadeFrom: TypeAlias = tuple[Subgraph, ...] | str
"""The identity of a graph: its subgraphs, or the text of a supergraph."""


class ViewedGraph:
    """A graph, and the API schema of each contract, made at its first use.

    Generations that do not change it share it, and each of them releases it. One
    generation is built at a time, and its façades one after the other.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._schemas: dict[Contract, GraphQLSchema] = {}
        self._generations = 0

    def share(self) -> None:
        """Take part in one more generation."""
        self._generations += 1

    def release(self) -> None:
        """Leave a generation; with the last one, fall apart.

        The types of a schema refer to each other. Without that they are freed at once
        and piece by piece, and no collection has to look for them.
        """
        self._generations -= 1
        if self._generations:
            return
        for schema in (self.graph.supergraph.api_schema, *self._schemas.values()):
            for type_ in filter(_is_of_one_schema, schema.type_map.values()):
                vars(type_).clear()

    @cached_property
    def tags(self) -> frozenset[str]:
        """The tags that elements of the graph have."""
        return tags_in(self.graph.supergraph.document)

    def schema(self, contract: Contract) -> GraphQLSchema | Sequence[CompositionError]:
        """Return what the contract leaves visible, or why it leaves nothing."""
        if not (contract.include or contract.exclude):
            return self.graph.supergraph.api_schema
        schema = self._schemas.get(contract)
        if schema is None:
            seen = view(self.graph.supergraph.document, contract)
            if not isinstance(seen, View):
                return seen
            schema = self._schemas[contract] = seen.api_schema
        return schema


def _is_of_one_schema(type_: GraphQLNamedType) -> bool:
    """Return whether a type is not one of graphql-core's, which all schemas share."""
    return not (is_specified_scalar_type(type_) or is_introspection_type(type_))
