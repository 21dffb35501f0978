"""The solver: one path for each goal, at a low total cost.

Goals that few subgraphs resolve come first, because their steps are needed anyway and
other goals can use them for free. Each goal takes the path that adds the lowest cost to
the previous choices. To enter a subgraph, the fields of a key and of `@requires` become
goals themselves. The cost of a path is known only by trying it. So paths are tried in
order of a lower bound, and the first path that costs no more than the next bound is
taken. A path that costs more than the best one so far is cut off on the way, because
the cost of choices only grows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.entry_builder import EntryBuilder
from weir.resolvers.plan.choose.paths import Forbidden, Path, PathFinder, wanted_by
from weir.resolvers.plan.choose.state import (
    FIELD_COST,
    SelectedField,
    Selection,
    State,
    open_move,
)
from weir.resolvers.plan.choose.steps import open_step
from weir.resolvers.plan.choose.undo_log import Undone
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.errors import NotPlannable
from weir.resolvers.plan.walk.positions import Goal, Position
from weir.resolvers.plan.walk.walker import Walker, typename_of

_MAX_NESTED_REQUIREMENTS = 24


@dataclass(frozen=True, slots=True)
class Considered:
    """The paths to a goal, the best first, and the cost that each tried path adds.

    A closed path has the cost None. For a path that was cut off, it is a lower bound.
    """

    paths: Sequence[Path]
    tried: Mapping[Path, int | None]
    cut_off: Collection[Path]


@dataclass(frozen=True, slots=True)
class Choices:
    """The selected fields of each goal, and the alternatives."""

    state: State
    chosen: Mapping[Goal, list[SelectedField]]
    considered: Mapping[Goal, Considered]


@dataclass(slots=True)
class Solver:
    """The choice of paths for goals, recorded in the state.

    Paths whose total cost reaches the `ceiling` are cut off.
    """

    context: PlanningContext
    walker: Walker
    finder: PathFinder
    state: State
    considered: dict[Goal, Considered] = field(default_factory=dict[Goal, Considered])
    active: set[tuple[Position, str]] = field(default_factory=set[tuple[Position, str]])
    ceiling: float = inf
    has_cut_off: bool = False

    def obtain_all(self, goals: Iterable[Goal]) -> list[SelectedField] | None:
        """Choose paths for several goals. Return None if one of them has no path."""
        selected: list[SelectedField] = []
        for goal in goals:
            found = self.obtain(goal)
            if found is None:
                return None
            selected += found
        return selected

    def obtain(self, goal: Goal) -> list[SelectedField] | None:
        """Choose a path for a goal. Return its fields, or None if there is no path."""
        self.context.budget.check()
        if self.state.cost >= self.ceiling:
            self.has_cut_off = True
            return None
        available = self._available(goal)
        if available is not None:
            return [self._select(available, goal)]
        key = (goal.position, goal.field.key if goal.field else "")
        if key in self.active or len(self.active) > _MAX_NESTED_REQUIREMENTS:
            return None
        self.active.add(key)
        had_cut_off, self.has_cut_off = self.has_cut_off, False
        try:
            selected = self._best(goal)
            if selected or self.has_cut_off:
                return [selected] if selected else None
            return self._type_by_type(goal)
        finally:
            self.active.discard(key)
            self.has_cut_off |= had_cut_off

    def _available(self, goal: Goal) -> Selection | None:
        """Return the earliest selection that can fetch a goal without a new step."""
        if goal.position.type_name == "Mutation":
            return None
        wanted = wanted_by(goal)
        selections = [
            selection
            for selection in self.state.selections_at(goal.position)
            if wanted.holds(self.context, selection)
        ]
        return min(selections, key=lambda selection: selection.step.stage, default=None)

    def _best(self, goal: Goal) -> SelectedField | None:
        paths = self.finder.paths(goal)
        undo_log, start = self.state.undo_log, self.state.cost
        tried: dict[Path, int | None] = {}
        cut_off: set[Path] = set()
        if len(self.active) == 1:
            self.considered[goal] = Considered(paths, tried, cut_off)
        is_cut_off = False
        best: tuple[int, Selection, Undone] | None = None
        for index, path in enumerate(paths):
            if best is not None and best[0] <= path.bound:
                break
            mark = undo_log.mark()
            ceiling = min(self.ceiling, start + best[0]) if best else self.ceiling
            self.has_cut_off = False
            selection = self._follow_below(ceiling, path)
            if selection is not None:
                cost = tried[path] = self.state.cost - start
                if index + 1 == len(paths) or cost <= paths[index + 1].bound:
                    return self._select(selection, goal)
                best = (cost, selection, undo_log.undo(mark))
                continue
            undo_log.undo(mark)
            tried[path] = None
            is_cut_off |= self.has_cut_off
            if self.has_cut_off and best:
                tried[path] = best[0]
                cut_off.add(path)
        self.has_cut_off = is_cut_off
        if best is None:
            return None
        undo_log.redo(best[2])
        return self._select(best[1], goal)

    def _follow_below(self, ceiling: float, path: Path) -> Selection | None:
        """Follow a path, but only while the total cost stays below a ceiling.

        The needs of an entry leave room for the cost of the entry itself.
        """
        outer = self.ceiling
        self.ceiling = ceiling - self.finder.least_cost(path)
        try:
            selection = self._follow(path)
        finally:
            self.ceiling = outer
        if self.state.cost < ceiling:
            return selection
        self.has_cut_off = True
        return None

    def _type_by_type(self, goal: Goal) -> list[SelectedField] | None:
        if goal.field is None or goal.is_typename or len(goal.types) == 1:
            return None
        return self.obtain_all(
            Goal(goal.position, _of_type(goal.field, name), goal.condition)
            for name in sorted(goal.types)
        )

    def _follow(self, path: Path) -> Selection | None:
        """Return the selection at the end of a path, or None if the path is closed."""
        selection = path.selection or self._open(path)
        for position in path.chain:
            if selection is None:
                return None
            selection = self._descend(selection, position)
        return selection

    def _descend(self, selection: Selection, position: Position) -> Selection | None:
        made_by = position.field
        assert made_by is not None
        key = (made_by.key, position.owner_types)
        known = selection.fields.get(key)
        if known is None:
            moves = [
                open_move(self.context, selection, name, made_by.name)
                for name in sorted(position.owner_types)
            ]
            target = moves[0].target if moves[0] else None
            if target is None:
                return None
            known = SelectedField(made_by, position.owner_types, selection)
            known.selection = Selection(selection.step, position, target, known)
            undo_log = self.state.undo_log
            undo_log.put(selection.fields, key, known)
            undo_log.append(self.state.selections_at(position), known.selection)
            self.state.charge(FIELD_COST)
        return known.selection

    def _select(self, selection: Selection, goal: Goal) -> SelectedField:
        """Add the field of a goal to a selection."""
        wanted = goal.field or typename_of(goal.types)
        key = (wanted.key, wanted.types)
        known = selection.fields.get(key)
        if known is None:
            known = SelectedField(wanted, wanted.types, selection)
            self.state.undo_log.put(selection.fields, key, known)
            self.state.charge(FIELD_COST)
        return known

    def _open(self, path: Path) -> Selection | None:
        if path.entry:
            builder = EntryBuilder(self.context, self.walker, self.state, self, path)
            return builder.enter()
        if path.level.parent is None:
            return self._open_root(path)
        existence = self.obtain(Goal(path.level, None))
        if existence is None:
            return None
        stage = 1 + existence[0].step.stage
        step = open_step(self.context, self.state, path, stage)
        step.needs.extend(existence)
        return step.selection

    def _open_root(self, path: Path) -> Selection | None:
        """Return the selection of a subgraph's root fields.

        Each root field of a mutation is in one subgraph.
        """
        roots = self.state.roots
        if path.slot and any(
            slot == path.slot and subgraph != path.subgraph for slot, subgraph in roots
        ):
            return None
        known = roots.get((path.slot, path.subgraph))
        if known is None:
            known = open_step(self.context, self.state, path, 0)
            self.state.undo_log.put(roots, (path.slot, path.subgraph), known)
        return known.selection


def _of_type(wanted: Field, object_type: str) -> Field:
    return replace(wanted, types=wanted.types & {object_type})


def solve(
    context: PlanningContext,
    walker: Walker,
    goals: Sequence[Goal],
    forbidden: frozenset[Forbidden],
    popularity: Mapping[str, int],
) -> Choices:
    """Choose a path for each goal, in this order.

    Raises `NotPlannable` for the first goal without a path.
    """
    state = State()
    finder = PathFinder(context, state, forbidden, popularity)
    solver = Solver(context, walker, finder, state)
    chosen: dict[Goal, list[SelectedField]] = {}
    for goal in goals:
        selected = solver.obtain(goal)
        if selected is None:
            raise NotPlannable(_coordinate(goal), goal.position.in_words)
        chosen[goal] = selected
    return Choices(state, chosen, solver.considered)


def by_urgency(context: PlanningContext, goals: Iterable[Goal]) -> list[Goal]:
    """Sort goals, those that the fewest subgraphs resolve first.

    Types and existence come last, because other fields usually provide them. The type
    comes first if only interface objects lead to the position, because the source of
    the type then decides much.
    """
    return sorted(goals, key=lambda goal: _urgency(context, goal))


def _urgency(context: PlanningContext, goal: Goal) -> int:
    graph = context.graph
    if goal.field is not None and not goal.is_typename:
        return len(graph.resolving(min(goal.types), goal.field.name))
    nodes = [
        graph.node(goal.position.type_name, name) for name in goal.position.reached
    ]
    is_unknown = all(node is not None and node.is_interface_object for node in nodes)
    return 0 if is_unknown and goal.is_typename and nodes else 1_000


def _coordinate(goal: Goal) -> str:
    name = goal.field.name if goal.field else "__typename"
    return f"{min(goal.types)}.{name}"
