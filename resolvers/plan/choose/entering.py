"""Entering a subgraph: what its representations are made from is obtained first.

That is the fields of one key of the subgraph's, what `@requires` asks for, what a
contextual argument takes from an ancestor, and the objects' type where it decides how
they are represented.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.costs import FIELD
from weir.resolvers.plan.choose.state import (
    Access,
    ContextSource,
    Entry,
    Placed,
    State,
    Wanted,
)
from weir.resolvers.plan.choose.steps import add_entry, step_for
from weir.resolvers.plan.choose.ways import EntryNode, Way
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.walk.context_setters import context_setter
from weir.resolvers.plan.walk.positions import Goal, Position
from weir.resolvers.plan.walk.walker import Walker, typename_of
from weir.schema.graph.nodes import Move, Node
from weir.schema.graph.tables import ContextArgument


class Obtaining(Protocol):
    """Chooses ways for goals; None if one of them has none."""

    def obtain_all(self, goals: Iterable[Goal]) -> list[Placed] | None: ...


@dataclass(frozen=True, slots=True)
class Entering:
    """Goes one way that starts by entering."""

    context: PlanningContext
    walker: Walker
    state: State
    router: Obtaining
    way: Way

    def enter(self) -> Access | None:
        """Give the access that is entered, None if something cannot be obtained."""
        entries: list[Entry] = []
        for each in self.way.entry:
            entry = self._entry(each)
            if entry is None:
                return None
            entries.append(entry)
        needs = [placed for entry in entries for placed in entry.needs]
        stage = 1 + max((placed.step.stage for placed in needs), default=0)
        step = step_for(self.context, self.state, self.way, stage, entries)
        for entry in entries:
            add_entry(self.state, step, entry)
        for hop in self._hops_of(entries):
            enabled = (hop.position, hop.object_type, hop.move.name)
            self.state.trail.put(step.enabled, enabled, value=True)
        return step.access

    def _hops_of(self, entries: Iterable[Entry]) -> Iterator["_Hop"]:
        for entry in entries:
            yield from self._hops(entry.types or self.way.level.types, entry)

    def _entry(self, each: EntryNode) -> Entry | None:
        level = self.way.level
        types = each.types or level.types
        entry = Entry(each.types, each.typename, each.node, ())
        asks_type = level.is_abstract and bool(each.types)
        is_complete = (
            (not asks_type or self._need(entry, level, (typename_of(types),)))
            and self._need_key(types, entry)
            and all(self._need_hop(hop, entry) for hop in self._hops(types, entry))
        )
        return entry if is_complete else None

    def _need(self, entry: Entry, at: Position, fields: tuple[Field, ...]) -> bool:
        """Obtain fields that an entry is made from."""
        placed = self.router.obtain_all(self.walker.goals_of_set(at, fields))
        for each in placed or ():
            self.state.trail.append(entry.needs, each)
        return placed is not None

    def _need_key(self, types: frozenset[str], entry: Entry) -> bool:
        """Obtain the key that costs least, the smallest if several cost the same."""
        trail, start = self.state.trail, self.state.cost
        best: tuple[int, tuple[Field, ...]] | None = None
        for key in entry.node.keys:
            fields = self.walker.field_set(entry.node.type_name, key.fields)
            entry.key = _restricted(fields, types)
            mark = trail.mark()
            if not self._need(entry, self.way.level, entry.key):
                trail.undo(mark)
                continue
            cost = self.state.cost - start
            if cost <= FIELD * key.fields.leaves or len(entry.node.keys) == 1:
                return True
            if best is None or cost < best[0]:
                best = (cost, entry.key)
            trail.undo(mark)
        if best is None:
            return False
        entry.key = best[1]
        return self._need(entry, self.way.level, entry.key)

    def _hops(self, types: frozenset[str], entry: Entry) -> Iterator["_Hop"]:
        """Return the moves that the way takes from an entry, by object type."""
        wanted: Wanted | None = self.way.wanted
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

    def _need_hop(self, hop: "_Hop", entry: Entry) -> bool:
        """Obtain what a move requires, and its contextual arguments."""
        node, move, level = hop.node, hop.move, self.way.level
        if move.requires is not None and hop.position is level:
            fields = self.walker.field_set(node.type_name, move.requires)
            fields = _restricted(fields, entry.types or level.types)
            if not self._need(entry, level, fields):
                return False
            entry.requires[move.requires.text] = fields
        for argument in move.contexts:
            source = self._source(argument, hop.position)
            if source is None or not self._need_source(entry, source):
                return False
            entry.contexts[node.type_name, move.name, argument.name] = source
        return True

    def _source(
        self, argument: ContextArgument, position: Position
    ) -> ContextSource | None:
        """Return the fields that give an argument its value, None if there are none.

        The selection is read on each of the ancestor's types that lead here: on the
        position's own type, another interface of theirs, it may have no meaning.
        """
        found = context_setter(self.context.graph, position, argument.context)
        if found is None:
            return None
        types = tuple(sorted(found.types))
        fields = self.walker.field_set_on(types, argument.selection)
        return ContextSource(found.position, fields, argument.type)

    def _need_source(self, entry: Entry, source: ContextSource) -> bool:
        """Obtain the fields of an ancestor, and its type where they depend on it."""
        ancestor = source.ancestor
        if any(not each.types >= ancestor.types for each in source.fields):
            typename = typename_of(ancestor.types)
            if not self._need(entry, ancestor, (typename,)):
                return False
        return self._need(entry, ancestor, source.fields)


@dataclass(frozen=True, slots=True)
class _Hop:
    """A move that a way takes at a position, for objects of one type."""

    position: Position
    node: Node
    object_type: str
    move: Move


def _restricted(fields: tuple[Field, ...], types: frozenset[str]) -> tuple[Field, ...]:
    """Ask for the fields of an abstract type on some of its types alone."""
    if all(each.types <= types or len(each.types) == 1 for each in fields):
        return fields
    return tuple(
        each
        if each.types <= types or len(each.types) == 1
        else replace(each, types=each.types & types)
        for each in fields
    )
