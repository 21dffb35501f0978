"""The builder of the query graph's nodes and moves from the lookup tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from weir.schema.graph.nodes import Move, Node
from weir.schema.graph.selections import Selected, SelectedField, SelectedFragment
from weir.schema.graph.tables import FieldJoin, TypeInfo, TypeJoin

Nodes = dict[tuple[str, str], Node]
Selections = tuple[Selected, ...]
Provided = dict[tuple[str, str], frozenset[str]]


def base_type(type_text: str) -> str:
    """Return the named type inside lists and non-null marks."""
    return type_text.strip("[]!")


def build_nodes(types: Mapping[str, TypeInfo]) -> tuple[Nodes, Provided]:
    """Build all nodes, and return the subgraphs that provide each field in a view."""
    builder = _Builder(types)
    builder.build()
    return builder.nodes, {k: frozenset(v) for k, v in builder.provided.items()}


@dataclass(slots=True)
class _Builder:
    """A builder in two rounds: first plain nodes and moves, then views.

    A view copies the moves of its node, so all plain moves must exist first. Until then
    a field with `@provides` leads to a `pending` view.
    """

    types: Mapping[str, TypeInfo]
    nodes: Nodes = field(default_factory=dict[tuple[str, str], Node])
    provided: dict[tuple[str, str], set[str]] = field(
        default_factory=dict[tuple[str, str], set[str]]
    )
    pending: dict[Node, tuple[Node, Selections]] = field(
        default_factory=dict[Node, tuple[Node, Selections]]
    )

    def build(self) -> None:
        for info in self.types.values():
            if info.is_composite:
                for subgraph, join in info.joins.items():
                    self.nodes[info.name, subgraph] = _node(info, subgraph, join)
        for node in self.nodes.values():
            self._connect(node)
        for view in list(self.pending):
            self._complete(view)

    def _connect(self, node: Node) -> None:
        for name in node.possible if not node.is_interface_object else ():
            cast = self.nodes.get((name, node.subgraph))
            if cast is not None and name != node.type_name:
                node.casts[name] = cast
        for info in self.types[node.type_name].fields.values():
            join = info.joins.get(node.subgraph)
            if join is not None and join.resolvable:
                node.moves[info.name] = self._move(info.name, join, node.subgraph)

    def _move(self, name: str, join: FieldJoin, subgraph: str) -> Move:
        target = self.nodes.get((base_type(join.type), subgraph))
        if target is not None and join.provides is not None:
            view = _empty_view(target)
            self.pending[view] = (target, join.provides.selections)
            target = view
        return Move(
            name=name,
            type=join.type,
            target=target,
            requires=join.requires,
            provides=join.provides,
            label=join.label,
            wins_with_label=join.wins_with_label,
            contexts=join.contexts,
        )

    def _complete(self, view: Node) -> Node:
        if view in self.pending:
            node, selections = self.pending.pop(view)
            self._fill(view, node, selections)
        return view

    def _view(self, node: Node, selections: Selections) -> Node:
        """Copy a node, and let the copy resolve the fields provided on this path."""
        view = _empty_view(node)
        self._fill(view, self._complete(node), selections)
        return view

    def _fill(self, view: Node, node: Node, selections: Selections) -> None:
        """Fill a view; for an abstract type, add the provided fields to each object."""
        view.moves.update(node.moves)
        view.casts.update(node.casts)
        for selected in selections:
            match selected:
                case SelectedField() if view.casts:
                    self._provide_on(view, view.type_name, (selected,))
                case SelectedField():
                    self._provide(view, selected)
                case SelectedFragment(type_name, inner):
                    self._provide_on(view, type_name or view.type_name, inner)

    def _provide_on(self, view: Node, type_name: str, selections: Selections) -> None:
        for name in sorted(self.types[type_name].possible & view.possible):
            cast = view.at(name)
            if cast is view:
                view.moves.update(self._view(view, selections).moves)
            elif cast is not None:
                view.casts[name] = self._view(cast, selections)

    def _provide(self, view: Node, selected: SelectedField) -> None:
        name = selected.name
        info = self.types[view.type_name].fields.get(name)
        join = info.joins.get(view.subgraph) if info else None
        if join is None:
            return
        move = view.moves.get(name)
        if move is None:
            self.provided.setdefault((view.type_name, name), set()).add(view.subgraph)
            target = self.nodes.get((base_type(join.type), view.subgraph))
            move = Move(name=name, type=join.type, target=target)
        if move.target is not None and selected.selections:
            move = replace(move, target=self._view(move.target, selected.selections))
        view.moves[name] = move


def _empty_view(node: Node) -> Node:
    return Node(
        node.type_name,
        node.subgraph,
        node.possible,
        node.declared,
        is_interface_object=node.is_interface_object,
        keys=node.keys,
        is_view=True,
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
