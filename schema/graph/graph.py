"""The query graph: built once per supergraph, then only read.

`resolvers` answers the planner's main question, "who resolves this field of this
object type", and is memoised: it is asked for each field of each operation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schema.graph.building import build_nodes
from schema.graph.nodes import Node
from schema.graph.tables import SubgraphInfo, TypeInfo
from schema.supergraph import Supergraph

ROOT_TYPES = ("Query", "Mutation", "Subscription")


@dataclass(frozen=True, slots=True)
class Resolver:
    """A node that resolves a field; `by_entry` unless only a view does."""

    node: Node
    by_entry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A supergraph with its query graph."""

    supergraph: Supergraph
    nodes: Mapping[tuple[str, str], Node]
    provided: Mapping[tuple[str, str], frozenset[str]]
    _resolvers: dict[tuple[str, str], tuple[Resolver, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, supergraph: Supergraph) -> "Graph":
        """Build the query graph of a supergraph."""
        nodes, provided = build_nodes(supergraph.types)
        return cls(supergraph=supergraph, nodes=nodes, provided=provided)

    @property
    def types(self) -> Mapping[str, TypeInfo]:
        return self.supergraph.types

    @property
    def subgraphs(self) -> tuple[SubgraphInfo, ...]:
        return self.supergraph.subgraphs

    def node(self, type_name: str, subgraph: str) -> Node | None:
        """Give the node of a type in a subgraph, without any view."""
        return self.nodes.get((type_name, subgraph))

    def object_types(self, type_name: str) -> frozenset[str]:
        """Give the object types that a type stands for.

        An interface that nothing implements stands for itself: its values are
        resolved by interface objects, or not at all.
        """
        return self.types[type_name].possible or frozenset({type_name})

    def resolvers(self, object_type: str, field_name: str) -> tuple[Resolver, ...]:
        """Give the nodes that resolve a field of an object type, by subgraph.

        Interface objects of its interfaces are among them.
        """
        known = self._resolvers.get((object_type, field_name))
        if known is None:
            known = tuple(self._find_resolvers(object_type, field_name))
            self._resolvers[object_type, field_name] = known
        return known

    def _find_resolvers(self, object_type: str, field_name: str) -> list[Resolver]:
        found: list[Resolver] = []
        for subgraph in self.subgraphs:
            nodes = [self.nodes.get((object_type, subgraph.name))]
            for interface in sorted(self.types[object_type].interfaces):
                node = self.nodes.get((interface, subgraph.name))
                if node is not None and node.is_interface_object:
                    nodes.append(node)
            for node in nodes:
                if node is None:
                    continue
                is_provided = subgraph.name in self.provided.get(
                    (node.type_name, field_name), ()
                )
                if field_name in node.moves:
                    found.append(Resolver(node, by_entry=True))
                elif is_provided:
                    found.append(Resolver(node, by_entry=False))
        return found
