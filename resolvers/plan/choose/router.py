"""Choose: one way for each goal, so that together they cost little.

Goals are taken in order of how few subgraphs resolve them: what leaves no choice
decides what is there for free when there is one. Each takes the way that adds least,
given all that was chosen before. To enter a subgraph, the fields of a key (and what
`@requires` asks for) are goals in their turn, chosen in the same manner. A way's cost
is known only by trying it, so ways are tried in order of a lower bound, and the first
that costs no more than the next one's bound is taken.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from resolvers.operation.fields import Field
from resolvers.plan.choose.costs import FIELD, opening
from resolvers.plan.choose.state import (
    Access,
    ContextSource,
    Entry,
    Placed,
    State,
    Step,
    open_move,
)
from resolvers.plan.choose.ways import EntryNode, Forbidden, Way, WayFinder, wanted_by
from resolvers.plan.context import PlanningContext
from resolvers.plan.errors import NotPlannable
from resolvers.plan.walk.positions import Goal, Position, show_path
from resolvers.plan.walk.walker import Walker, typename_of
from schema.graph.tables import ContextArgument

Chosen: TypeAlias = dict[Goal, list[Placed]]

_MAX_NESTED_REQUIREMENTS = 24


@dataclass(slots=True)
class Router:
    """Finds ways for goals, and records them in the state."""

    context: PlanningContext
    walker: Walker
    finder: WayFinder
    state: State
    popularity: Counter[str]
    active: set[tuple[Position, str]] = field(default_factory=set)

    def obtain_all(self, goals: Iterable[Goal]) -> list[Placed] | None:
        """Obtain all of several goals, None if one cannot be."""
        placed: list[Placed] = []
        for goal in goals:
            found = self.obtain(goal)
            if found is None:
                return None
            placed += found
        return placed

    def obtain(self, goal: Goal) -> list[Placed] | None:
        """Give where a goal is fetched, after choosing how; None if it cannot be."""
        at_hand = self._at_hand(goal)
        if at_hand is not None:
            return [self._place(at_hand, goal)]
        key = (goal.position, goal.field.key if goal.field else "")
        if key in self.active or len(self.active) > _MAX_NESTED_REQUIREMENTS:
            return None
        self.active.add(key)
        try:
            placed = self._best(goal)
            return [placed] if placed else self._type_by_type(goal)
        finally:
            self.active.discard(key)

    def _at_hand(self, goal: Goal) -> Access | None:
        """Give the earliest access that has the goal already, or only needs to ask."""
        if goal.position.type_name == "Mutation":
            return None
        wanted = wanted_by(goal)
        accesses = [
            access
            for access in self.state.accesses_at(goal.position)
            if wanted.holds(self.context, access)
        ]
        return min(accesses, key=lambda access: access.step.stage, default=None)

    def _best(self, goal: Goal) -> Placed | None:
        ways = self.finder.ways(goal)
        ways.sort(key=lambda way: (way.bound, -self.popularity[way.subgraph]))
        trail, start = self.state.trail, self.state.cost
        best: tuple[int, Way] | None = None
        for index, way in enumerate(ways):
            if best is not None and best[0] <= way.bound:
                break
            mark = trail.mark()
            access = self._go(way)
            if access is not None:
                cost = self.state.cost - start
                is_last = index + 1 == len(ways)
                if (best is None or cost < best[0]) and (
                    is_last or cost <= ways[index + 1].bound
                ):
                    return self._place(access, goal)
                if best is None or cost < best[0]:
                    best = (cost, way)
            trail.undo(mark)
        access = self._go(best[1]) if best else None
        return self._place(access, goal) if access else None

    def _type_by_type(self, goal: Goal) -> list[Placed] | None:
        if goal.field is None or goal.is_typename or len(goal.types) == 1:
            return None
        return self.obtain_all(
            Goal(goal.position, _restricted(goal.field, name), goal.condition)
            for name in sorted(goal.types)
        )

    def _go(self, way: Way) -> Access | None:
        """Go a way: give the access that it leads to, None if it is closed."""
        access = way.access or (self._enter(way) if way.entry else self._root(way))
        for position in way.chain:
            if access is None:
                return None
            access = self._descend(access, position)
        return access

    def _descend(self, access: Access, position: Position) -> Access | None:
        made_by = position.field
        assert made_by is not None  # noqa: S101 -- only the root is made by no field
        key = (made_by.key, position.owner_types)
        known = access.fields.get(key)
        if known is None:
            moves = [
                open_move(self.context, access, name, made_by.name)
                for name in sorted(position.owner_types)
            ]
            target = moves[0].target if moves[0] else None
            if target is None:
                return None
            known = Placed(made_by, position.owner_types, access)
            known.access = Access(access.step, position, target, known)
            self.state.trail.put(access.fields, key, known)
            self.state.trail.append(self.state.accesses_at(position), known.access)
            self.state.charge(FIELD)
        return known.access

    def _place(self, access: Access, goal: Goal) -> Placed:
        """Ask for a goal in an access."""
        asked = goal.field or typename_of(goal.types)
        key = (asked.key, asked.types)
        known = access.fields.get(key)
        if known is None:
            known = Placed(asked, asked.types, access)
            self.state.trail.put(access.fields, key, known)
            self.state.charge(FIELD)
        return known

    def _root(self, way: Way) -> Access | None:
        """Open the fetch that asks a subgraph's root fields."""
        slot = way.slot
        if way.level.parent is None:
            is_taken = any(
                of_slot == slot and subgraph != way.subgraph
                for of_slot, subgraph in self.state.roots
            )
            if slot and is_taken:
                return None
            known = self.state.roots.get((slot, way.subgraph))
            if known is None:
                known = self._open(way, 0, slot)
                self.state.trail.put(self.state.roots, (slot, way.subgraph), known)
            return known.access
        existence = self.obtain(Goal(way.level, None))
        if existence is None:
            return None
        step = self._open(way, 1 + existence[0].step.stage, "")
        step.needs.extend(existence)
        return step.access

    def _open(self, way: Way, stage: int, slot: str) -> Step:
        state, trail = self.state, self.state.trail
        state.charge(opening(state, way.subgraph, stage))
        step = Step(len(state.steps), way.subgraph, way.level, stage, slot)
        node = None
        if not way.entry:
            node = self.context.graph.node(way.level.type_name, way.subgraph)
        step.access = Access(step, way.level, node)
        trail.append(state.steps, step)
        trail.append(state.accesses_at(way.level), step.access)
        request = (way.subgraph, stage)
        trail.put(state.requests, request, state.requests.get(request, 0) + 1)
        if stage > state.totals["stage"]:
            trail.put(state.totals, "stage", stage)
        return step

    def _enter(self, way: Way) -> Access | None:
        """Enter a subgraph: obtain what represents the objects, then open a step."""
        entries: list[Entry] = []
        for each in way.entry:
            entry = self._entry(way, each)
            if entry is None:
                return None
            entries.append(entry)
        stage = 1 + max(
            (placed.step.stage for entry in entries for placed in entry.needs),
            default=0,
        )
        step = self._step_for(way, stage, entries)
        for entry in entries:
            self._add(step, entry)
        self._enable(step.access, way)
        return step.access

    def _entry(self, way: Way, each: EntryNode) -> Entry | None:
        level, node = way.level, each.node
        types = each.types or level.types
        entry = Entry(each.types, each.typename, node, ())
        if level.is_abstract and each.types:
            typename = self.obtain(Goal(level, typename_of(types)))
            if typename is None:
                return None
            entry.needs += typename
        if not self._obtain_key(level, types, entry):
            return None
        is_complete = self._obtain_requires(way, types, entry)
        return (
            entry if is_complete and self._obtain_contexts(way, types, entry) else None
        )

    def _obtain_key(self, level: Position, types: frozenset[str], entry: Entry) -> bool:
        """Obtain the fields of the key that costs least."""
        trail, start = self.state.trail, self.state.cost
        best: tuple[int, tuple[Field, ...]] | None = None
        for key in entry.node.keys:
            fields = self._restrict(
                self.walker.field_set(entry.node.type_name, key.fields), types
            )
            mark = trail.mark()
            placed = self.obtain_all(self.walker.goals(level, fields))
            if placed is None:
                trail.undo(mark)
                continue
            cost = self.state.cost - start
            if cost <= FIELD * len(placed) or len(entry.node.keys) == 1:
                entry.key = fields
                entry.needs += placed
                return True
            if best is None or cost < best[0]:
                best = (cost, fields)
            trail.undo(mark)
        if best is None:
            return False
        entry.key = best[1]
        placed = self.obtain_all(self.walker.goals(level, best[1]))
        entry.needs += placed or []
        return placed is not None

    def _obtain_requires(self, way: Way, types: frozenset[str], entry: Entry) -> bool:
        name = way.wanted.name
        for object_type in sorted(way.wanted.types & types) if name else ():
            node = entry.node.at(object_type)
            move = self.context.move(node, object_type, name) if node and name else None
            if move is None or move.requires is None:
                continue
            fields = self._restrict(
                self.walker.field_set(node.type_name, move.requires), types
            )
            placed = self.obtain_all(self.walker.goals(way.level, fields))
            if placed is None:
                return False
            entry.requires[move.requires.text] = fields
            entry.needs += placed
        return True

    def _obtain_contexts(self, way: Way, types: frozenset[str], entry: Entry) -> bool:
        """Obtain the arguments that a field takes from ancestors of its object."""
        name = way.wanted.name
        for object_type in sorted(way.wanted.types & types) if name else ():
            node = entry.node.at(object_type)
            move = self.context.move(node, object_type, name) if node and name else None
            for argument in move.contexts if move else ():
                source = self._context_source(way.level, argument)
                if source is None:
                    return False
                goals = self.walker.goals(source.ancestor, source.fields)
                placed = self.obtain_all(goals)
                if not placed:
                    return False
                entry.contexts[object_type, name or "", argument.name] = source
                entry.needs += placed
        return True

    def _context_source(
        self, position: Position, argument: ContextArgument
    ) -> ContextSource | None:
        """Find the nearest ancestor that sets the context."""
        ancestor = position.parent
        while ancestor is not None:
            if argument.context in self.context.graph.contexts_of(ancestor.type_name):
                fields = self.walker.field_set(ancestor.type_name, argument.selection)
                return ContextSource(ancestor, fields, argument.type)
            ancestor = ancestor.parent
        return None

    def _restrict(
        self, fields: tuple[Field, ...], types: frozenset[str]
    ) -> tuple[Field, ...]:
        return tuple(
            each if each.types <= types or len(each.types) == 1 else _on(each, types)
            for each in fields
        )

    def _step_for(self, way: Way, stage: int, entries: Sequence[Entry]) -> Step:
        """Give a step that enters there late enough, or open one."""
        place = (way.level, way.subgraph)
        for step in self.state.entered.get(place, ()):
            if step.stage >= stage and all(_fits(step, entry) for entry in entries):
                return step
        step = self._open(way, stage, "")
        known = self.state.entered.get(place, [])
        self.state.trail.put(self.state.entered, place, [*known, step])
        return step

    def _add(self, step: Step, entry: Entry) -> None:
        known = step.entries.get(entry.types)
        if known is None:
            self.state.trail.put(step.entries, entry.types, entry)
            return
        for placed in entry.needs:
            self.state.trail.append(known.needs, placed)
        for text, fields in entry.requires.items():
            self.state.trail.put(known.requires, text, fields)
        for argument, source in entry.contexts.items():
            self.state.trail.put(known.contexts, argument, source)

    def _enable(self, access: Access, way: Way) -> None:
        if way.wanted.name:
            for object_type in way.wanted.types:
                self.state.trail.put(
                    access.enabled, (object_type, way.wanted.name), True
                )


def _fits(step: Step, entry: Entry) -> bool:
    """Say whether a representation can carry what another entry needs."""
    known = step.entries.get(entry.types)
    if known is None:
        return bool(entry.types) and frozenset() not in step.entries
    if known.node is not entry.node or known.typename != entry.typename:
        return False
    sent = {each.name: each.key for part in _parts(known) for each in part}
    return all(
        sent.get(each.name, each.key) == each.key
        for part in _parts(entry)
        for each in part
    )


def _parts(entry: Entry) -> Iterable[tuple[Field, ...]]:
    return (entry.key, *entry.requires.values())


def _on(asked: Field, types: frozenset[str]) -> Field:
    return replace(asked, types=asked.types & types)


def _restricted(asked: Field, object_type: str) -> Field:
    return _on(asked, frozenset({object_type}))


def route(
    context: PlanningContext,
    walker: Walker,
    goals: Sequence[Goal],
    forbidden: frozenset[Forbidden] = frozenset(),
) -> tuple[State, Chosen]:
    """Choose a way for each goal.

    Raises `NotPlannable` for the first that has none.
    """
    state = State()
    finder = WayFinder(context, state, forbidden)
    popularity = Counter(name for goal in goals for name in finder.subgraphs(goal))
    router = Router(context, walker, finder, state, popularity)
    chosen: Chosen = {}
    for goal in sorted(goals, key=lambda goal: _urgency(context, finder, goal)):
        placed = router.obtain(goal)
        if placed is None:
            raise NotPlannable(_coordinate(goal), show_path(goal.position.path))
        chosen[goal] = placed
    return state, chosen


def _urgency(context: PlanningContext, finder: WayFinder, goal: Goal) -> int:
    """Give the order of goals: those with the fewest ways first.

    Types and existence come last, being by-products; unless only interface objects
    lead to the position: then where its type comes from decides much.
    """
    if goal.is_typename or goal.field is None:
        nodes = [
            context.graph.node(goal.position.type_name, name)
            for name in goal.position.reached
        ]
        is_unknown = all(
            node is not None and node.is_interface_object for node in nodes
        )
        return 0 if is_unknown and goal.is_typename and nodes else 1_000
    return len(finder.subgraphs(goal))


def _coordinate(goal: Goal) -> str:
    name = goal.field.name if goal.field else "__typename"
    return f"{min(goal.types)}.{name}"
