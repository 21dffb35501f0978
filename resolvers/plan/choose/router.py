"""Choose: one way for each goal, so that together they cost little.

Goals are taken in order of how few subgraphs resolve them: what leaves no choice
decides what is there for free when there is one. Each takes the way that adds least,
given all that was chosen before. To enter a subgraph, the fields of a key (and what
`@requires` asks for) are goals in their turn, chosen in the same manner. A way's cost
is known only by trying it, so ways are tried in order of a lower bound, and the first
that costs no more than the next one's bound is taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.costs import FIELD
from weir.resolvers.plan.choose.entering import Entering
from weir.resolvers.plan.choose.state import Access, Placed, State, open_move
from weir.resolvers.plan.choose.steps import open_step
from weir.resolvers.plan.choose.ways import Forbidden, Way, WayFinder, wanted_by
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.errors import NotPlannable
from weir.resolvers.plan.walk.positions import Goal, Position
from weir.resolvers.plan.walk.walker import Walker, typename_of

_MAX_NESTED_REQUIREMENTS = 24


@dataclass(frozen=True, slots=True)
class Considered:
    """The ways to a goal, the best first, and what those that were tried add.

    None where a way turned out to be closed.
    """

    ways: Sequence[Way]
    tried: Mapping[Way, int | None]


@dataclass(frozen=True, slots=True)
class Routes:
    """Where each goal is fetched, and what else was considered."""

    state: State
    chosen: Mapping[Goal, list[Placed]]
    considered: Mapping[Goal, Considered]


@dataclass(slots=True)
class Router:
    """Finds ways for goals, and records them in the state."""

    context: PlanningContext
    walker: Walker
    finder: WayFinder
    state: State
    considered: dict[Goal, Considered] = field(default_factory=dict[Goal, Considered])
    active: set[tuple[Position, str]] = field(default_factory=set[tuple[Position, str]])

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
        self.context.budget.look()
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
        trail, start = self.state.trail, self.state.cost
        tried: dict[Way, int | None] = {}
        if len(self.active) == 1:
            self.considered[goal] = Considered(ways, tried)
        best: tuple[int, Way] | None = None
        for index, way in enumerate(ways):
            if best is not None and best[0] <= way.bound:
                break
            mark = trail.mark()
            access = self._go(way)
            tried[way] = None
            if access is not None:
                cost = tried[way] = self.state.cost - start
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
            Goal(goal.position, _of_type(goal.field, name), goal.condition)
            for name in sorted(goal.types)
        )

    def _go(self, way: Way) -> Access | None:
        """Go a way: give the access that it leads to, None if it is closed."""
        access = way.access or self._open(way)
        for position in way.chain:
            if access is None:
                return None
            access = self._descend(access, position)
        return access

    def _descend(self, access: Access, position: Position) -> Access | None:
        made_by = position.field
        assert made_by is not None
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

    def _open(self, way: Way) -> Access | None:
        if way.entry:
            return Entering(self.context, self.walker, self.state, self, way).enter()
        if way.level.parent is None:
            return self._ask_root(way)
        existence = self.obtain(Goal(way.level, None))
        if existence is None:
            return None
        stage = 1 + existence[0].step.stage
        step = open_step(self.context, self.state, way, stage)
        step.needs.extend(existence)
        return step.access

    def _ask_root(self, way: Way) -> Access | None:
        """Give the fetch of a subgraph's root fields; a mutation's field has one."""
        roots = self.state.roots
        if way.slot and any(
            slot == way.slot and subgraph != way.subgraph for slot, subgraph in roots
        ):
            return None
        known = roots.get((way.slot, way.subgraph))
        if known is None:
            known = open_step(self.context, self.state, way, 0)
            self.state.trail.put(roots, (way.slot, way.subgraph), known)
        return known.access


def _of_type(asked: Field, object_type: str) -> Field:
    return replace(asked, types=asked.types & {object_type})


def route(
    context: PlanningContext,
    walker: Walker,
    goals: Sequence[Goal],
    forbidden: frozenset[Forbidden],
    popularity: Mapping[str, int],
) -> Routes:
    """Choose a way for each goal, in this order.

    Raises `NotPlannable` for the first that has none.
    """
    state = State()
    finder = WayFinder(context, state, forbidden, popularity)
    router = Router(context, walker, finder, state)
    chosen: dict[Goal, list[Placed]] = {}
    for goal in goals:
        placed = router.obtain(goal)
        if placed is None:
            raise NotPlannable(_coordinate(goal), goal.position.in_words)
        chosen[goal] = placed
    return Routes(state, chosen, router.considered)


def by_urgency(context: PlanningContext, goals: Iterable[Goal]) -> list[Goal]:
    """Order goals: those that the fewest subgraphs resolve first.

    Types and existence come last, being by-products; unless only interface objects
    lead to the position: then where its type comes from decides much.
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
