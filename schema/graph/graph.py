"""The query graph: built once per supergraph, and then read-only.

The planner looks up the resolvers of each field of each operation, and the types that
resolve it alike. These results are cached.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from weir.schema.graph.building import base_type, build_nodes
from weir.schema.graph.nodes import Move, Node
from weir.schema.graph.supergraph import Supergraph
from weir.schema.graph.tables import FieldInfo, SubgraphInfo, TypeInfo


@dataclass(frozen=True, slots=True)
class Resolver:
    """A node whose subgraph resolves a field; only in some views unless `by_entry`."""

    node: Node
    by_entry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A supergraph with its query graph."""

    supergraph: Supergraph
    nodes: Mapping[tuple[str, str], Node]
    provided: Mapping[tuple[str, str], frozenset[str]]
    hidden_types: frozenset[str]
    has_interface_objects: bool
    contexts: Mapping[str, frozenset[str]]
    _resolvers: dict[tuple[str, str], tuple[Resolver, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Resolver, ...]]
    )
    _subgraphs: dict[tuple[str, str], tuple[str, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[str, ...]]
    )
    _classes: dict[tuple[str, str], Hashable] = field(
        default_factory=dict[tuple[str, str], Hashable]
    )
    _interface_objects: dict[tuple[str, str], tuple[Node, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Node, ...]]
    )

    @classmethod
    def of(cls, supergraph: Supergraph) -> "Graph":
        """Build the query graph of a supergraph."""
        nodes, provided = build_nodes(supergraph.types)
        return cls(
            supergraph=supergraph,
            nodes=nodes,
            provided=provided,
            has_interface_objects=any(
                node.is_interface_object for node in nodes.values()
            ),
            contexts=_contexts(supergraph.types),
            hidden_types=frozenset(
                info.name for info in supergraph.types.values() if info.inaccessible
            ),
        )

    @property
    def types(self) -> Mapping[str, TypeInfo]:
        return self.supergraph.types

    @property
    def subgraphs(self) -> tuple[SubgraphInfo, ...]:
        return self.supergraph.subgraphs

    def node(self, type_name: str, subgraph: str) -> Node | None:
        """Return the node of a type in a subgraph, which is not a view."""
        return self.nodes.get((type_name, subgraph))

    def object_types(self, type_name: str) -> frozenset[str]:
        """Return the possible object types of a type.

        An interface without implementations is its own possible type: if it has values,
        they come from interface objects.
        """
        return self.types[type_name].possible or frozenset({type_name})

    def field(self, type_name: str, field_name: str) -> FieldInfo:
        """Return a field of a type."""
        return self.types[type_name].fields[field_name]

    def composite_of(self, type_name: str, field_name: str) -> str | None:
        """Return the composite type of a field, or None for a leaf."""
        info = self.types[type_name].fields.get(field_name)
        named = self.types.get(base_type(info.type)) if info else None
        return named.name if named is not None and named.is_composite else None

    def subgraphs_of(self, object_type: str) -> list[str]:
        """Return the sorted subgraphs with an object type or its interface object."""
        info = self.types[object_type]
        interfaces = (
            self.types[name] for name in info.interfaces if name in self.types
        )
        stand_ins = (
            name
            for interface in interfaces
            for name, join in interface.joins.items()
            if join.is_interface_object
        )
        return sorted({*info.joins, *stand_ins})

    def sets_context(self, object_types: frozenset[str], context: str) -> bool:
        """Return whether all of some object types set a context.

        A type sets its own contexts, and those of its interfaces and unions.
        """
        return all(context in self.contexts.get(name, ()) for name in object_types)

    def resolvers(self, object_type: str, field_name: str) -> tuple[Resolver, ...]:
        """Return the nodes that resolve a field of an object type, by subgraph.

        Interface objects of its interfaces are among them.
        """
        known = self._resolvers.get((object_type, field_name))
        if known is None:
            known = tuple(self._find_resolvers(object_type, field_name))
            self._resolvers[object_type, field_name] = known
        return known

    def resolving(self, object_type: str, field_name: str) -> tuple[str, ...]:
        """Return the names of the subgraphs that resolve a field, each once."""
        known = self._subgraphs.get((object_type, field_name))
        if known is None:
            resolvers = self.resolvers(object_type, field_name)
            known = tuple(dict.fromkeys(each.node.subgraph for each in resolvers))
            self._subgraphs[object_type, field_name] = known
        return known

    def resolution_class(self, object_type: str, field_name: str) -> Hashable:
        """Return a value that is equal for types that resolve a field alike.

        The fields below may depend on the contexts that the type sets.
        """
        known = self._classes.get((object_type, field_name))
        if known is None:
            known = (
                self.contexts.get(object_type),
                *(
                    (
                        resolver.by_entry,
                        resolver.node.subgraph,
                        *_alike(resolver, field_name),
                    )
                    for resolver in self.resolvers(object_type, field_name)
                ),
            )
            self._classes[object_type, field_name] = known
        return known

    def interface_objects(self, object_type: str, subgraph: str) -> tuple[Node, ...]:
        """Return the interface objects of a subgraph that represent an object type."""
        known = self._interface_objects.get((object_type, subgraph))
        if known is None:
            interfaces = sorted(self.types[object_type].interfaces)
            nodes = (self.nodes.get((name, subgraph)) for name in interfaces)
            known = tuple(n for n in nodes if n is not None and n.is_interface_object)
            self._interface_objects[object_type, subgraph] = known
        return known

    def _find_resolvers(self, object_type: str, field_name: str) -> list[Resolver]:
        found: list[Resolver] = []
        for subgraph in self.subgraphs_of(object_type):
            own = self.nodes.get((object_type, subgraph))
            nodes = [own] if own is not None else []
            nodes += self.interface_objects(object_type, subgraph)
            for node in nodes:
                provided = self.provided.get((node.type_name, field_name), ())
                if field_name in node.moves:
                    found.append(Resolver(node, by_entry=True))
                elif subgraph in provided:
                    found.append(Resolver(node, by_entry=False))
        return found


def _contexts(types: Mapping[str, TypeInfo]) -> Mapping[str, frozenset[str]]:
    """Return the contexts that object types set, by type."""
    found: dict[str, set[str]] = {}
    for info in types.values():
        for name in info.possible if info.contexts else ():
            found.setdefault(name, set()).update(info.contexts)
    return {name: frozenset(contexts) for name, contexts in found.items()}


def _alike(resolver: Resolver, field_name: str) -> tuple[Hashable, ...]:
    node = resolver.node
    of_object = "" if not node.is_interface_object else node.type_name
    move: Move | None = node.moves.get(field_name)
    if move is None:
        return (of_object, node.type_name)
    conditions = (move.requires, move.label, move.wins_with_label, move.contexts)
    return (of_object, move.type, move.provides, conditions)
