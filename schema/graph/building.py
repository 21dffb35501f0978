"""Builds the nodes and moves of the query graph from the lookup tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schema.graph.nodes import Move, Node
from schema.graph.selections import (
    Selected,
    SelectedField,
    SelectedFragment,
)
from schema.graph.tables import FieldInfo, FieldJoin, TypeInfo, TypeJoin

Nodes = dict[tuple[str, str], Node]
Provided = dict[tuple[str, str], frozenset[str]]


def base_type(type_text: str) -> str:
    """Give the named type under lists and non-null marks."""
    return type_text.strip("[]!")


def build_nodes(types: Mapping[str, TypeInfo]) -> tuple[Nodes, Provided]:
    """Build all nodes, and say which subgraphs provide which fields in some view."""
    builder = _Builder(types)
    builder.create()
    builder.connect()
    return builder.nodes, {k: frozenset(v) for k, v in builder.provided.items()}


@dataclass(slots=True)
class _Builder:
    types: Mapping[str, TypeInfo]
    nodes: Nodes = field(default_factory=dict)
    provided: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def create(self) -> None:
        for info in self.types.values():
            if info.is_composite:
                for subgraph, join in info.joins.items():
                    self.nodes[info.name, subgraph] = _node(info, subgraph, join)

    def connect(self) -> None:
        for (type_name, subgraph), node in self.nodes.items():
            if not node.is_interface_object:
                node.casts.update(self._casts(node))
        for (type_name, subgraph), node in self.nodes.items():
            for info in self.types[type_name].fields.values():
                join = info.joins.get(subgraph)
                if join is not None and join.resolvable:
                    node.moves[info.name] = self._move(info, join, subgraph)

    def _casts(self, node: Node) -> dict[str, Node]:
        return {
            name: self.nodes[name, node.subgraph]
            for name in node.possible
            if name != node.type_name and (name, node.subgraph) in self.nodes
        }

    def _move(self, info: FieldInfo, join: FieldJoin, subgraph: str) -> Move:
        target = self.nodes.get((base_type(join.type), subgraph))
        if target is not None and join.provides:
            target = self._view(target, join.provides.selections)
        return Move(
            name=info.name,
            type=join.type,
            target=target,
            requires=join.requires,
            provides=join.provides,
            label=join.label,
            wins_with_label=join.wins_with_label,
            contexts=join.contexts,
        )

    def _view(self, node: Node, provides: tuple[Selected, ...]) -> Node:
        """Copy a node so that it also resolves what is provided on this path.

        On an abstract type, provided fields are provided for each possible type.
        """
        view = Node(
            node.type_name,
            node.subgraph,
            node.possible,
            node.declared,
            is_interface_object=node.is_interface_object,
            moves=dict(node.moves),
            casts=dict(node.casts),
            keys=node.keys,
            is_view=True,
        )
        for selected in provides:
            match selected:
                case SelectedField() if view.casts:
                    for name, cast in view.casts.items():
                        view.casts[name] = self._view(cast, (selected,))
                case SelectedField():
                    self._provide(view, selected)
                case SelectedFragment(type_name, selections):
                    self._provide_on(view, type_name or node.type_name, selections)
        return view

    def _provide_on(
        self, view: Node, type_name: str, selections: tuple[Selected, ...]
    ) -> None:
        for name in self.types[type_name].possible & view.possible:
            cast = view.at(name)
            if cast is view:
                view.moves.update(self._view(view, selections).moves)
            elif cast is not None:
                view.casts[name] = self._view(cast, selections)

    def _provide(self, view: Node, selected: SelectedField) -> None:
        name = selected.name
        info = self.types[view.type_name].fields.get(name)
        join = info.joins.get(view.subgraph) if info else None
        if info is None or join is None:
            return
        known = view.moves.get(name)
        target = (
            known.target
            if known
            else self.nodes.get((base_type(join.type), view.subgraph))
        )
        if target is not None and selected.selections:
            target = self._view(target, selected.selections)
        if known is None:
            self.provided.setdefault((view.type_name, name), set()).add(view.subgraph)
        view.moves[name] = Move(
            name=name,
            type=join.type,
            target=target,
            requires=known.requires if known else None,
            provides=known.provides if known else None,
            label=known.label if known else None,
            wins_with_label=known.wins_with_label if known else False,
            contexts=known.contexts if known else (),
        )


def _node(info: TypeInfo, subgraph: str, join: TypeJoin) -> Node:
    possible = info.possible_in.get(subgraph, frozenset())
    if info.is_abstract and not info.possible:
        possible = frozenset({info.name})
    return Node(
        info.name,
        subgraph,
        possible,
        {
            name: field_info.joins[subgraph].type
            for name, field_info in info.fields.items()
            if subgraph in field_info.joins
        },
        is_interface_object=join.is_interface_object,
        keys=tuple(
            sorted(
                (key for key in join.keys if key.resolvable),
                key=lambda key: (key.fields.leaves, key.fields.text),
            )
        ),
    )
