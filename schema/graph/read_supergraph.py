"""The reader of a supergraph's document into lookup tables (join v0.3 to v0.5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    value_from_ast_untyped,
)

from weir.schema.graph.access_directives import AccessDirectives
from weir.schema.graph.selections import FieldSet, parse_field_set
from weir.schema.graph.tables import (
    ContextArgument,
    EntityKey,
    FieldInfo,
    FieldJoin,
    SubgraphInfo,
    TypeInfo,
    TypeJoin,
    TypeKind,
)
from weir.schema.model.node_text import type_text

Arguments: TypeAlias = Mapping[str, Any]

_KINDS: dict[type[TypeDefinitionNode], TypeKind] = {
    ObjectTypeDefinitionNode: TypeKind.OBJECT,
    InterfaceTypeDefinitionNode: TypeKind.INTERFACE,
    UnionTypeDefinitionNode: TypeKind.UNION,
    EnumTypeDefinitionNode: TypeKind.ENUM,
    InputObjectTypeDefinitionNode: TypeKind.INPUT,
    ScalarTypeDefinitionNode: TypeKind.SCALAR,
}


def directives_named(
    nodes: Iterable[ConstDirectiveNode] | None, name: str
) -> Iterator[Arguments]:
    """Yield the arguments of each application of one directive."""
    for node in nodes or ():
        if node.name.value == name:
            yield {
                argument.name.value: value_from_ast_untyped(argument.value)
                for argument in node.arguments or ()
            }


def has_directive(nodes: Iterable[ConstDirectiveNode] | None, name: str) -> bool:
    """Return whether a directive is applied."""
    return any(node.name.value == name for node in nodes or ())


@dataclass(frozen=True, slots=True)
class _Reader:
    """The reader of types; `graphs` maps values of `join__Graph` to subgraphs."""

    definitions: tuple[TypeDefinitionNode, ...]
    graphs: Mapping[str, SubgraphInfo]
    directives: AccessDirectives

    def types(self) -> dict[str, TypeInfo]:
        possible = self._possible()
        return {
            node.name.value: self._type(node, possible.get(node.name.value, {}))
            for node in self.definitions
        }

    def _possible(self) -> dict[str, dict[str, frozenset[str]]]:
        """Return the possible object types of each type, by subgraph.

        For an interface object these are all implementations.
        """
        found: dict[str, dict[str, set[str]]] = {}
        for node in self.definitions:
            for type_name, graph, possible in self._members(node):
                found.setdefault(type_name, {}).setdefault(graph, set()).add(possible)
        for node in self.definitions:
            of_type = found.setdefault(node.name.value, {})
            everywhere = set[str]().union(*of_type.values())
            for join in directives_named(node.directives, "join__type"):
                if join.get("isInterfaceObject"):
                    of_type[self.graphs[join["graph"]].name] = everywhere
        return {
            name: {graph: frozenset(names) for graph, names in by_graph.items()}
            for name, by_graph in found.items()
        }

    def _members(self, node: TypeDefinitionNode) -> Iterator[tuple[str, str, str]]:
        """Yield (type, subgraph, possible type) for each relation in a definition."""
        name = node.name.value
        if isinstance(node, ObjectTypeDefinitionNode):
            for graph in self._graphs_of(node):
                yield name, graph, name
            for join in directives_named(node.directives, "join__implements"):
                yield join["interface"], self.graphs[join["graph"]].name, name
        for join in directives_named(node.directives, "join__unionMember"):
            yield name, self.graphs[join["graph"]].name, join["member"]

    def _graphs_of(self, node: TypeDefinitionNode) -> list[str]:
        joins = directives_named(node.directives, "join__type")
        return list(dict.fromkeys(self.graphs[join["graph"]].name for join in joins))

    def _type(
        self, node: TypeDefinitionNode, possible_in: Mapping[str, frozenset[str]]
    ) -> TypeInfo:
        joins = self._type_joins(node)
        kind = _KINDS[type(node)]
        fields: dict[str, FieldInfo] = {}
        interfaces: frozenset[str] = frozenset()
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            fields = {f.name.value: self._field(f, joins) for f in node.fields or ()}
            interfaces = frozenset(i.name.value for i in node.interfaces or ())
        return TypeInfo(
            name=node.name.value,
            kind=kind,
            joins=joins,
            fields=fields,
            interfaces=interfaces,
            possible=frozenset[str]().union(*possible_in.values()),
            possible_in=possible_in,
            contexts=tuple(
                c["name"] for c in directives_named(node.directives, "context")
            ),
            inaccessible=has_directive(node.directives, "inaccessible"),
            access=self.directives.requirement(node.directives),
        )

    def _type_joins(self, node: TypeDefinitionNode) -> dict[str, TypeJoin]:
        keys: dict[str, list[EntityKey]] = {}
        interface_objects: set[str] = set()
        for join in directives_named(node.directives, "join__type"):
            graph = self.graphs[join["graph"]].name
            of_graph = keys.setdefault(graph, [])
            if join.get("isInterfaceObject"):
                interface_objects.add(graph)
            if text := join.get("key"):
                of_graph.append(
                    EntityKey(
                        fields=parse_field_set(text),
                        resolvable=join.get("resolvable", True),
                    )
                )
        return {
            graph: TypeJoin(
                keys=tuple(of_graph), is_interface_object=graph in interface_objects
            )
            for graph, of_graph in keys.items()
        }

    def _field(
        self, node: FieldDefinitionNode, type_joins: Mapping[str, TypeJoin]
    ) -> FieldInfo:
        declared = list(directives_named(node.directives, "join__field"))
        written = type_text(node.type)
        if declared:
            joins = self._field_joins(declared, written)
        else:
            joins = {
                graph: FieldJoin(type=written, resolvable=True) for graph in type_joins
            }
        return FieldInfo(
            name=node.name.value,
            type=written,
            joins=joins,
            access=self.directives.requirement(node.directives),
        )

    def _field_joins(
        self, declared: Sequence[Arguments], type_text: str
    ) -> dict[str, FieldJoin]:
        losers = {
            join["override"]: _Loser(join.get("overrideLabel"))
            for join in declared
            if join.get("override")
        }
        joins: dict[str, FieldJoin] = {}
        for join in declared:
            if "graph" in join:
                name = self.graphs[join["graph"]].name
                joins[name] = _field_join(join, type_text, losers.get(name))
        return joins


@dataclass(frozen=True, slots=True)
class _Loser:
    """A subgraph that another one overrides, always or while a label is active."""

    label: str | None


def _field_join(join: Arguments, type_text: str, lost: _Loser | None) -> FieldJoin:
    wins_with_label = bool(join.get("override") and join.get("overrideLabel"))
    is_overridden = lost is not None or bool(join.get("usedOverridden"))
    label_lost_to = lost.label if lost else None
    contexts = join.get("contextArguments") or ()
    return FieldJoin(
        type=join.get("type") or type_text,
        resolvable=not join.get("external")
        and not (is_overridden and label_lost_to is None),
        requires=_field_set(join, "requires"),
        provides=_field_set(join, "provides"),
        label=join["overrideLabel"] if wins_with_label else label_lost_to,
        wins_with_label=wins_with_label,
        contexts=tuple(_context_argument(item) for item in contexts),
    )


def _field_set(join: Arguments, name: str) -> FieldSet | None:
    text = join.get(name)
    return parse_field_set(text) if text else None


def _context_argument(item: Arguments) -> ContextArgument:
    return ContextArgument(
        name=item["name"],
        type=item["type"],
        context=item["context"],
        selection=parse_field_set(item["selection"]),
    )


def read_graphs(document: DocumentNode) -> dict[str, SubgraphInfo]:
    """Return the subgraphs by their value in `join__Graph`."""
    return {
        value.name.value: SubgraphInfo(
            name=join["name"] or value.name.value, url=join.get("url") or ""
        )
        for value in _graph_values(document)
        for join in directives_named(value.directives, "join__graph")
    }


def _graph_values(document: DocumentNode) -> Iterable[EnumValueDefinitionNode]:
    for node in document.definitions:
        if (
            isinstance(node, EnumTypeDefinitionNode)
            and node.name.value == "join__Graph"
        ):
            return node.values or ()
    return ()


def read_types(
    document: DocumentNode,
    graphs: Mapping[str, SubgraphInfo],
    directives: AccessDirectives,
) -> dict[str, TypeInfo]:
    """Return the types of the supergraph that a subgraph declares."""
    definitions = tuple(
        node
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
        and has_directive(node.directives, "join__type")
    )
    return _Reader(definitions, graphs, directives).types()
