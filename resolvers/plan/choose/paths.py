"""Paths: the possible ways to a position in a subgraph.

A path begins at the position or at one of its ancestors. There the subgraph is already
selected, or it is entered by a key, or it is queried at the root. From there the fields
down to the position must be resolved by the same subgraph. Value types have no keys, so
their paths go up to an entity and down again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from weir.resolvers.plan.choose.state import FIELD_COST, Selection, State, Wanted
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.walk.positions import Goal, Position
from weir.schema.graph.nodes import Node
from weir.schema.graph.tables import ROOT_TYPES

Forbidden: TypeAlias = tuple[Position, str, str]
"""A step that may not be opened: its position, subgraph and slot."""


@dataclass(frozen=True, slots=True)
class EntryNode:
    """A node to enter, for objects of `types`, or for all objects if it is empty."""

    types: frozenset[str]
    typename: str | None
    node: Node


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A start at `level` in a subgraph, and the positions below it (`chain`).

    The path starts at an existing `selection`, at an `entry`, or else at the root.
    `bound` is a lower bound of its cost. `slot` separates the root fields of a
    mutation: it is the key of the field, and empty elsewhere.
    """

    subgraph: str
    level: Position
    chain: tuple[Position, ...]
    wanted: Wanted
    bound: int
    selection: Selection | None = None
    entry: tuple[EntryNode, ...] = ()
    slot: str = ""


def wanted_by(goal: Goal) -> Wanted:
    """Return what a node at the position of a goal has to resolve."""
    name = goal.field.name if goal.field else None
    return Wanted(goal.position, name, goal.types)


@dataclass(frozen=True, slots=True)
class _Start:
    """A possible start of a path."""

    subgraph: str
    level: Position
    slot: str


@dataclass(frozen=True, slots=True)
class PathFinder:
    """The paths in one state. `popularity` counts the goals of each subgraph."""

    context: PlanningContext
    state: State
    forbidden: frozenset[Forbidden] = frozenset()
    popularity: Mapping[str, int] = field(default_factory=dict[str, int])

    def paths(self, goal: Goal) -> list[Path]:
        """Return all paths to a goal, the cheapest first.

        Of equally cheap paths the earliest comes first, as what needs the field then
        has not to wait, and then the most popular.
        """
        found = [
            path
            for subgraph in self.subgraphs(goal)
            for path in self._paths_in(subgraph, goal)
        ]
        if len(found) > 1:
            found.sort(key=self._order)
        return found

    def _order(self, path: Path) -> tuple[int, int, int]:
        popularity = self.popularity.get(path.subgraph, 0)
        return path.bound, self._stage(path), -popularity

    def _stage(self, path: Path) -> int:
        """Return the first stage in which a path can fetch its fields."""
        if path.selection is not None:
            return path.selection.step.stage
        if path.level.type_name in ROOT_TYPES:
            return 0 if path.level.parent is None else 1
        return self._first_stage(path.level)

    def subgraphs(self, goal: Goal) -> tuple[str, ...]:
        """Return the subgraphs that might resolve a goal, in the graph's order."""
        graph, position = self.context.graph, goal.position
        if goal.field is not None and not goal.is_typename:
            return graph.resolving(min(goal.types), goal.field.name)
        return tuple(
            info.name
            for info in graph.subgraphs
            if info.name in position.reached
            or (goal.is_typename and graph.node(position.type_name, info.name))
        )

    def _paths_in(self, subgraph: str, goal: Goal) -> Iterator[Path]:
        wanted, level = wanted_by(goal), goal.position
        key = goal.field.key if goal.field else ""
        chain = tuple[Position, ...]()
        while True:
            self.context.budget.spend()
            slot = ""
            if level.type_name == "Mutation":
                slot = chain[0].key if chain else key
            yield from self._paths_at(_Start(subgraph, level, slot), chain, wanted)
            if level.parent is None or level.field is None:
                return
            owner = min(level.owner_types)
            if subgraph not in self.context.graph.resolving(owner, level.field.name):
                return
            wanted = Wanted(level.parent, level.field.name, level.owner_types, wanted)
            chain = (level, *chain)
            level = level.parent

    def _paths_at(
        self, start: "_Start", chain: tuple[Position, ...], wanted: Wanted
    ) -> Iterator[Path]:
        length = FIELD_COST * (len(chain) + 1)
        subgraph, level, slot = start.subgraph, start.level, start.slot
        for selection in self.state.selections_at(level):
            step = selection.step
            is_there = step.subgraph == subgraph and step.slot == slot
            if is_there and wanted.holds(self.context, selection):
                yield Path(subgraph, level, chain, wanted, length, selection=selection)
        if (level, subgraph, slot) in self.forbidden:
            return
        if level.type_name in ROOT_TYPES:
            node = self.context.graph.node(level.type_name, subgraph)
            if node is not None and wanted.holds(self.context, node):
                bound = self._bound_of_root(subgraph, level) + length
                yield Path(subgraph, level, chain, wanted, bound, slot=slot)
            return
        for entry in self._entries(subgraph, level, wanted):
            bound = self._bound_of_entry(subgraph, level) + length
            yield Path(subgraph, level, chain, wanted, bound, entry=entry)

    def least_cost(self, path: Path) -> int:
        """Return a lower bound of the cost of the step that a path has to open."""
        is_entered = self.state.entered.get((path.level, path.subgraph))
        if not path.entry or is_entered:
            return 0
        return self.state.least_cost_of_step(self._first_stage(path.level))

    def _first_stage(self, level: Position) -> int:
        """Return the first stage in which a step can enter at a position."""
        selections = self.state.selections_at(level)
        return 1 + min((each.step.stage for each in selections), default=0)

    def _bound_of_root(self, subgraph: str, level: Position) -> int:
        return self.state.cost_of_step(subgraph, 0 if level.parent is None else 1)

    def _bound_of_entry(self, subgraph: str, level: Position) -> int:
        if self.state.entered.get((level, subgraph)):
            return 0
        return self.state.cost_of_step(subgraph, self._first_stage(level))

    def _entries(
        self, subgraph: str, level: Position, wanted: Wanted
    ) -> Iterator[tuple[EntryNode, ...]]:
        """Yield the ways to represent the objects of a position in a subgraph.

        Representations under the objects' own type names come first. Those under the
        name of an interface are for objects of unknown type, and for interface objects.
        """
        types = wanted.types & level.types
        for entry in (
            self._by_object(subgraph, types),
            *self._by_interface(subgraph, level, types),
        ):
            has_keys = all(each.node.keys for each in entry)
            if entry and has_keys and self._resolves(entry, wanted, level):
                yield entry

    def _by_object(self, subgraph: str, types: frozenset[str]) -> tuple[EntryNode, ...]:
        nodes = [
            (name, self.context.graph.node(name, subgraph)) for name in sorted(types)
        ]
        return tuple(
            EntryNode(frozenset({name}), None, node)
            for name, node in nodes
            if node is not None
        )

    def _by_interface(
        self, subgraph: str, level: Position, types: frozenset[str]
    ) -> Iterator[tuple[EntryNode, ...]]:
        graph = self.context.graph
        if not level.is_abstract and not graph.has_interface_objects:
            return
        interfaces = {
            node.type_name: node
            for name in sorted(types)
            for node in graph.interface_objects(name, subgraph)
        }
        own = graph.node(level.type_name, subgraph)
        if own is not None and level.is_abstract:
            interfaces[level.type_name] = own
        for name, node in interfaces.items():
            if not types <= node.possible:
                continue
            if types < level.types:
                yield (EntryNode(types, name, node),)
            if name == level.type_name or level.types <= node.possible:
                yield (EntryNode(frozenset(), name, node),)

    def _resolves(
        self, entry: tuple[EntryNode, ...], wanted: Wanted, level: Position
    ) -> bool:
        """Return whether the nodes resolve what is wanted, once they are entered."""
        if wanted.name is None or wanted.name == "__typename":
            return any(wanted.holds(self.context, each.node) for each in entry)
        targets: set[Node | None] = set()
        for name in wanted.types:
            self.context.budget.check(1)
            node = next((e.node for e in entry if e.node.at(name)), None)
            move = self.context.move(node, name, wanted.name) if node else None
            if move is None:
                return False
            targets.add(move.target)
        # The types of an abstract position usually lead to one node.
        return wanted.below is None or all(
            target is not None and wanted.below.holds(self.context, target, level)
            for target in targets
        )
