"""The choices made so far: steps, the positions they reach, the fields they fetch.

    Step           one fetch: at the root, or entering a subgraph at a position by keys
    EntityEntry    the representation of objects of some types where a step enters
    Selection      the selection set of a step at one position, while it is built
    SelectedField  a field in such a selection set

The solver tries alternatives. So all mutable data is in dicts and lists, and each
change goes through the undo log, which can revert it.
"""

from dataclasses import dataclass, field

from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.entries import EntityEntry
from weir.resolvers.plan.choose.undo_log import UndoLog
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.walk.context_setters import context_setter
from weir.resolvers.plan.walk.positions import Position
from weir.schema.graph.nodes import Move, Node

# Another stage is another round trip for the client, so it outweighs several requests
# side by side. Steps that enter one subgraph in one stage share a request: only the
# first one pays for it in full.
STAGE_COST = 10_000
REQUEST_COST = 1_000
LATE_REQUEST_COST = 100
SHARED_REQUEST_COST = 20
FIELD_COST = 1


@dataclass(slots=True, eq=False)
class Step:
    """A fetch that is being built. `stage` counts the steps that must run before.

    `enabled` holds the (position, object type, field) triples whose requirements and
    contextual arguments the entries carry. `needs` are the fields that other steps must
    fetch before: those of the representations and of the contextual arguments.
    """

    index: int
    subgraph: str
    position: Position
    stage: int
    slot: str
    entries: dict[frozenset[str], EntityEntry] = field(
        default_factory=dict[frozenset[str], EntityEntry]
    )
    needs: "list[SelectedField]" = field(default_factory=lambda: list[SelectedField]())
    enabled: dict[tuple[Position, str, str], bool] = field(
        default_factory=dict[tuple[Position, str, str], bool]
    )
    selection: "Selection" = field(init=False)

    @property
    def carries_requirements(self) -> bool:
        """Return whether one of its fields depends on this entry."""
        return any(e.requires or e.contexts for e in self.entries.values())

    def __repr__(self) -> str:
        return f"{self.index}:{self.subgraph}@{self.position}#{self.stage}"


@dataclass(slots=True, eq=False)
class Selection:
    """The selection of a step at a position.

    A step that enters several types has no `node`.
    """

    step: Step
    position: Position
    node: Node | None
    parent: "SelectedField | None" = None
    fields: "dict[tuple[str, frozenset[str]], SelectedField]" = field(
        default_factory=lambda: dict[tuple[str, frozenset[str]], SelectedField]()
    )

    def at(self, object_type: str) -> Node | None:
        """Return the node of a concrete type, or None if the step does not reach it."""
        if self.node is not None:
            return self.node.at(object_type)
        for entry in self.step.entries.values():
            if not entry.types or object_type in entry.types:
                return entry.node.at(object_type)
        return None


@dataclass(slots=True, eq=False)
class SelectedField:
    """A field in a selection set. A composite field has a selection of its own."""

    field: Field
    types: frozenset[str]
    within: Selection
    selection: Selection | None = None

    @property
    def step(self) -> Step:
        return self.within.step


@dataclass(frozen=True, slots=True)
class Wanted:
    """A requirement for a node: the field that it resolves, and what is below it.

    Without a name, an object is enough. All nodes but interface objects resolve
    `__typename`.
    """

    position: Position
    name: str | None
    types: frozenset[str]
    below: "Wanted | None" = None

    def holds(
        self,
        context: PlanningContext,
        view: Selection | Node,
        entered_at: Position | None = None,
    ) -> bool:
        """Return whether a node or selection resolves it without another entry.

        A step that is yet to enter at `entered_at` can carry contextual arguments.
        """
        if self.name is None:
            return True
        if self.name == "__typename":
            nodes = (view.at(name) for name in self.types)
            return any(
                node is not None and not node.is_interface_object for node in nodes
            )
        target: Node | None = None
        for name in self.types:
            move = open_move(context, view, name, self.name)
            if move is None and entered_at is not None:
                move = self._carried(context, view, name, entered_at)
            if move is None:
                return False
            target = target or move.target
        return self.below is None or (
            target is not None and self.below.holds(context, target, entered_at)
        )

    def _carried(
        self,
        context: PlanningContext,
        view: Selection | Node,
        object_type: str,
        entered_at: Position,
    ) -> Move | None:
        """Return the move whose contextual arguments an entry further up can carry."""
        node = view.at(object_type)
        move = context.move(node, object_type, self.name or "") if node else None
        if move is None or move.requires is not None:
            return None
        setters = [
            context_setter(context.graph, self.position, each.context)
            for each in move.contexts
        ]
        is_at_hand = all(
            each is not None and each.position.leads_to(entered_at) for each in setters
        )
        return move if is_at_hand else None


def open_move(
    context: PlanningContext, view: Selection | Node, object_type: str, name: str
) -> Move | None:
    """Return the move along a field that needs no other entry, or None."""
    node = view.at(object_type)
    move = node.moves.get(name) if node is not None else None
    if move is None or not move.is_open(context.overrides):
        return None
    if not move.needs_entry:
        return move
    if not isinstance(view, Selection):
        return None
    enabled = (view.position, object_type, name)
    return move if enabled in view.step.enabled else None


@dataclass(slots=True)
class State:
    """All choices of one run, and their cost."""

    undo_log: UndoLog = field(default_factory=UndoLog)
    steps: list[Step] = field(default_factory=list[Step])
    selections: dict[Position, list[Selection]] = field(
        default_factory=dict[Position, list[Selection]]
    )
    roots: dict[tuple[str, str], Step] = field(
        default_factory=dict[tuple[str, str], Step]
    )
    entered: dict[tuple[Position, str], list[Step]] = field(
        default_factory=dict[tuple[Position, str], list[Step]]
    )
    requests: dict[tuple[str, int], int] = field(
        default_factory=dict[tuple[str, int], int]
    )
    totals: dict[str, int] = field(default_factory=lambda: {"cost": 0, "stage": -1})

    @property
    def cost(self) -> int:
        return self.totals["cost"]

    def selections_at(self, position: Position) -> list[Selection]:
        known = self.selections.get(position)
        if known is None:
            known = self.selections[position] = []
        return known

    def charge(self, cost: int) -> None:
        self.undo_log.put(self.totals, "cost", self.totals["cost"] + cost)

    def cost_of_step(self, subgraph: str, stage: int) -> int:
        """Return the cost of one more step in a subgraph at a stage."""
        deeper = max(0, stage - max(0, self.totals["stage"]))
        is_shared = (subgraph, stage) in self.requests
        request = SHARED_REQUEST_COST if is_shared else REQUEST_COST
        return deeper * STAGE_COST + request + LATE_REQUEST_COST * stage

    def least_cost_of_step(self, stage: int) -> int:
        """Return the cost of one more step at a stage if it can share a request."""
        deeper = max(0, stage - max(0, self.totals["stage"]))
        return deeper * STAGE_COST + SHARED_REQUEST_COST + LATE_REQUEST_COST * stage
