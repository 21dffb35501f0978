"""Entering a subgraph: what its representations are made from is obtained first.

That is the fields of one key of the subgraph's, what `@requires` asks for, what a
contextual argument takes from an ancestor, and the objects' type where it decides how
they are represented.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from resolvers.operation.fields import Field
from resolvers.plan.choose.costs import FIELD
from resolvers.plan.choose.state import Access, ContextSource, Entry, Placed, State
from resolvers.plan.choose.steps import add_entry, step_for
from resolvers.plan.choose.ways import EntryNode, Way
from resolvers.plan.context import PlanningContext
from resolvers.plan.walk.positions import Goal, Position
from resolvers.plan.walk.walker import Walker, typename_of
from schema.graph.nodes import Move, Node
from schema.graph.tables import ContextArgument


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
        for object_type in self.way.wanted.types if self.way.wanted.name else ():
            enabled = (object_type, self.way.wanted.name)
            self.state.trail.put(step.access.enabled, enabled, value=True)
        return step.access

    def _entry(self, each: EntryNode) -> Entry | None:
        level = self.way.level
        types = each.types or level.types
        entry = Entry(each.types, each.typename, each.node, ())
        asks_type = level.is_abstract and bool(each.types)
        is_complete = (
            (not asks_type or self._need(entry, level, (typename_of(types),)))
            and self._need_key(types, entry)
            and all(self._need_move(n, m, entry) for n, m in self._moves(types, entry))
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

    def _moves(
        self, types: frozenset[str], entry: Entry
    ) -> Iterator[tuple[Node, tuple[str, Move]]]:
        """Give the moves that are entered for, by object type."""
        name = self.way.wanted.name
        for object_type in sorted(self.way.wanted.types & types) if name else ():
            node = entry.node.at(object_type)
            move = self.context.move(node, object_type, name) if node and name else None
            if node is not None and move is not None:
                yield node, (object_type, move)

    def _need_move(self, node: Node, of: tuple[str, Move], entry: Entry) -> bool:
        object_type, move = of
        level = self.way.level
        if move.requires is not None:
            fields = self.walker.field_set(node.type_name, move.requires)
            fields = _restricted(fields, entry.types or level.types)
            if not self._need(entry, level, fields):
                return False
            entry.requires[move.requires.text] = fields
        for argument in move.contexts:
            source = self._source(argument)
            if source is None or not self._need(entry, source.ancestor, source.fields):
                return False
            entry.contexts[object_type, move.name, argument.name] = source
        return True

    def _source(self, argument: ContextArgument) -> ContextSource | None:
        """Find the nearest ancestor that sets a context."""
        ancestor = self.way.level.parent
        while ancestor is not None:
            if argument.context in self.context.graph.contexts_of(ancestor.type_name):
                fields = self.walker.field_set(ancestor.type_name, argument.selection)
                return ContextSource(ancestor, fields, argument.type)
            ancestor = ancestor.parent
        return None


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
