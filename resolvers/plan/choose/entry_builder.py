"""The entry of a path into a subgraph, with all fields that it needs.

These are the fields of one key, the fields of `@requires`, the values of contextual
arguments from an ancestor, and the type of the objects if their representation depends
on it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.entries import ContextSource, EntityEntry
from weir.resolvers.plan.choose.paths import EntryNode, Path
from weir.resolvers.plan.choose.state import (
    FIELD_COST,
    SelectedField,
    Selection,
    State,
    Wanted,
)
from weir.resolvers.plan.choose.steps import add_entries, add_needs, step_for
from weir.resolvers.plan.choose.undo_log import Undone
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.walk.context_setters import context_setter
from weir.resolvers.plan.walk.positions import Goal, Position
from weir.resolvers.plan.walk.walker import Walker, typename_of
from weir.schema.graph.nodes import Move, Node
from weir.schema.graph.tables import ContextArgument


class GoalSolver(Protocol):
    """A solver of goals. It returns None if one of the goals has no path."""

    def obtain_all(self, goals: Iterable[Goal]) -> list[SelectedField] | None: ...


@dataclass(frozen=True, slots=True)
class EntryBuilder:
    """The builder of the entry that a path begins with."""

    context: PlanningContext
    walker: Walker
    state: State
    solver: GoalSolver
    path: Path
    needs: list[SelectedField] = field(default_factory=list[SelectedField])

    def enter(self) -> Selection | None:
        """Return the selection of the entry, or None if a field cannot be fetched."""
        entries: list[EntityEntry] = []
        for each in self.path.entry:
            entry = self._entry(each)
            if entry is None:
                return None
            entries.append(entry)
        stage = 1 + max((each.step.stage for each in self.needs), default=0)
        step = step_for(self.context, self.state, self.path, stage, entries)
        add_entries(self.state, step, entries)
        add_needs(self.state, step, self.needs)
        for hop in self._hops_of(entries):
            enabled = (hop.position, hop.object_type, hop.move.name)
            self.state.undo_log.put(step.enabled, enabled, value=True)
        return step.selection

    def _hops_of(self, entries: Iterable[EntityEntry]) -> Iterator["_Hop"]:
        for entry in entries:
            yield from self._hops(entry.types or self.path.level.types, entry)

    def _entry(self, each: EntryNode) -> EntityEntry | None:
        level = self.path.level
        types = each.types or level.types
        entry = EntityEntry(each.types, each.typename, each.node)
        asks_type = level.is_abstract and bool(each.types)
        is_complete = (
            (not asks_type or self._need(level, (typename_of(types),)))
            and self._need_key(types, entry)
            and all(self._need_hop(hop, entry) for hop in self._hops(types, entry))
        )
        return entry if is_complete else None

    def _need(self, at: Position, fields: tuple[Field, ...]) -> bool:
        """Choose paths for fields that the entry needs."""
        selected = self.solver.obtain_all(self.walker.goals_of_set(at, fields))
        for each in selected or ():
            self.state.undo_log.append(self.needs, each)
        return selected is not None

    def _need_key(self, types: frozenset[str], entry: EntityEntry) -> bool:
        """Choose the cheapest key, the smallest one of equally cheap keys."""
        undo_log, start = self.state.undo_log, self.state.cost
        best: tuple[int, tuple[Field, ...], Undone] | None = None
        for key in entry.node.keys:
            fields = self.walker.field_set(entry.node.type_name, key.fields)
            entry.key = _restricted(fields, types)
            mark = undo_log.mark()
            if not self._need(self.path.level, entry.key):
                undo_log.undo(mark)
                continue
            cost = self.state.cost - start
            if cost <= FIELD_COST * key.fields.leaves or len(entry.node.keys) == 1:
                return True
            undone = undo_log.undo(mark)
            if best is None or cost < best[0]:
                best = (cost, entry.key, undone)
        if best is None:
            return False
        entry.key = best[1]
        undo_log.redo(best[2])
        return True

    def _hops(self, types: frozenset[str], entry: EntityEntry) -> Iterator["_Hop"]:
        """Yield the moves that the path takes from an entry, by object type."""
        wanted: Wanted | None = self.path.wanted
        views = [entry.node]
        while wanted is not None and wanted.name:
            hops = [
                _Hop(wanted.position, node, object_type, move)
                for object_type in sorted(wanted.types & types)
                for view in views
                if (node := view.at(object_type)) is not None
                and (move := self.context.move(node, object_type, wanted.name))
            ]
            yield from hops
            targets = (hop.move.target for hop in hops)
            views = list(dict.fromkeys(each for each in targets if each is not None))
            wanted = wanted.below
            types = wanted.types if wanted is not None else types

    def _need_hop(self, hop: "_Hop", entry: EntityEntry) -> bool:
        """Choose paths for the requirements and contextual arguments of a move."""
        node, move, level = hop.node, hop.move, self.path.level
        if move.requires is not None and hop.position is level:
            fields = self.walker.field_set(node.type_name, move.requires)
            fields = _restricted(fields, entry.types or level.types)
            if not self._need(level, fields):
                return False
            entry.requires[move.requires.text] = fields
        for argument in move.contexts:
            source = self._source(argument, hop.position)
            if source is None or not self._need_source(source):
                return False
            entry.contexts[node.type_name, move.name, argument.name] = source
        return True

    def _source(
        self, argument: ContextArgument, position: Position
    ) -> ContextSource | None:
        """Return the fields that hold the value of an argument, or None.

        The selection is read on each type of the ancestor that leads here. The declared
        type of the position can be another interface, on which the selection is not
        valid.
        """
        found = context_setter(self.context.graph, position, argument.context)
        if found is None:
            return None
        types = tuple(sorted(found.types))
        fields = self.walker.field_set_on(types, argument.selection)
        return ContextSource(found.position, fields, argument.type)

    def _need_source(self, source: ContextSource) -> bool:
        """Choose paths for fields of an ancestor, and for its type if needed."""
        ancestor = source.ancestor
        if any(not each.types >= ancestor.types for each in source.fields):
            typename = typename_of(ancestor.types)
            if not self._need(ancestor, (typename,)):
                return False
        return self._need(ancestor, source.fields)


@dataclass(frozen=True, slots=True)
class _Hop:
    """A move of a path at a position, for objects of one type."""

    position: Position
    node: Node
    object_type: str
    move: Move


def _restricted(fields: tuple[Field, ...], types: frozenset[str]) -> tuple[Field, ...]:
    """Restrict the fields of an abstract type to some of its types."""
    if all(each.types <= types or len(each.types) == 1 for each in fields):
        return fields
    return tuple(
        each
        if each.types <= types or len(each.types) == 1
        else replace(each, types=each.types & types)
        for each in fields
    )
