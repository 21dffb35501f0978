"""What has been chosen so far: steps, the positions they reach, the fields they fetch.

    Step      one fetch: at the root, or entering a subgraph at a position by keys
    Access    a position as one step reaches it: a selection set in the making
    Placed    a field in such a selection set
    Entry     how objects of some types are represented where a step enters

Choosing tries things out. So everything that changes is a dict or a list, and each
change goes through the trail, which can take it back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.normalise import united
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.walk.context_setters import context_setter
from weir.resolvers.plan.walk.positions import Position
from weir.schema.graph.nodes import Move, Node

_ABSENT = object()


class Trail:
    """Changes in order, so that the latest can be undone."""

    __slots__ = ("_changes",)

    def __init__(self) -> None:
        self._changes: list[tuple[Any, Any, Any]] = []

    def put(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        self._changes.append((target, key, target.get(key, _ABSENT)))
        target[key] = value

    def append(self, target: list[Any], value: Any) -> None:
        self._changes.append((target, None, None))
        target.append(value)

    def mark(self) -> int:
        return len(self._changes)

    def undo(self, mark: int) -> None:
        changes = self._changes
        while len(changes) > mark:
            target, key, old = changes.pop()
            if isinstance(target, list):
                target.pop()
            elif old is _ABSENT:
                del target[key]
            else:
                target[key] = old


@dataclass(slots=True, eq=False)
class Entry:
    """How objects of `types` (empty: all) are represented, and in which node they are.

    `typename` is sent instead of the object's own. `contexts` are by object type, field
    and argument. `needs` are the placed fields that the representation, and the
    contextual arguments, are made from.
    """

    types: frozenset[str]
    typename: str | None
    node: Node
    key: tuple[Field, ...]
    requires: dict[str, tuple[Field, ...]] = field(
        default_factory=dict[str, tuple[Field, ...]]
    )
    contexts: "dict[tuple[str, str, str], ContextSource]" = field(
        default_factory=lambda: dict[tuple[str, str, str], ContextSource]()  # noqa: PLW0108 -- defined below
    )
    needs: "list[Placed]" = field(
        default_factory=lambda: list[Placed]()  # noqa: PLW0108 -- defined below
    )


@dataclass(frozen=True, slots=True)
class ContextSource:
    """Where the value of a contextual argument comes from: an ancestor's fields."""

    ancestor: Position
    fields: tuple[Field, ...]
    type: str

    def is_alike(self, other: "ContextSource") -> bool:
        """Return whether both are the same but for the ancestor's types that count."""
        return self.ancestor is other.ancestor and self.type == other.type

    def joined(self, other: "ContextSource") -> "ContextSource":
        """Return the source that counts on the types of both."""
        fields = tuple(united((*self.fields, *other.fields)))
        return ContextSource(self.ancestor, fields, self.type)


@dataclass(slots=True, eq=False)
class Step:
    """One fetch in the making; `stage` counts the steps that must come before.

    `enabled` holds the (position, object type, field) triples whose requirements and
    contextual arguments the entries carry.
    """

    index: int
    subgraph: str
    position: Position
    stage: int
    slot: str
    entries: dict[frozenset[str], Entry] = field(
        default_factory=dict[frozenset[str], Entry]
    )
    needs: "list[Placed]" = field(
        default_factory=lambda: list[Placed]()  # noqa: PLW0108 -- defined below
    )
    enabled: dict[tuple[Position, str, str], bool] = field(
        default_factory=dict[tuple[Position, str, str], bool]
    )
    access: "Access" = field(init=False)

    @property
    def carries_requirements(self) -> bool:
        """Say whether some field that it fetches needs this very entry."""
        return any(e.requires or e.contexts for e in self.entries.values())

    def all_needs(self) -> Iterator["Placed"]:
        yield from self.needs
        for entry in self.entries.values():
            yield from entry.needs

    def __repr__(self) -> str:
        return f"{self.index}:{self.subgraph}@{self.position}#{self.stage}"


@dataclass(slots=True, eq=False)
class Access:
    """A position in a step; `node` is None where a step enters several types."""

    step: Step
    position: Position
    node: Node | None
    parent: "Placed | None" = None
    fields: "dict[tuple[str, frozenset[str]], Placed]" = field(
        default_factory=lambda: dict[tuple[str, frozenset[str]], Placed]()  # noqa: PLW0108 -- defined below
    )

    def at(self, object_type: str) -> Node | None:
        """Give the node of a concrete type, None where it is not reached here."""
        if self.node is not None:
            return self.node.at(object_type)
        for entry in self.step.entries.values():
            if not entry.types or object_type in entry.types:
                return entry.node.at(object_type)
        return None


@dataclass(slots=True, eq=False)
class Placed:
    """A field in a selection set; composite ones lead to an access of their own."""

    field: Field
    types: frozenset[str]
    within: Access
    access: Access | None = None

    @property
    def step(self) -> Step:
        return self.within.step


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a node must be able to resolve: a field, and what is wanted below it.

    Without a name, that there is an object is enough; `__typename` is resolved by all
    but interface objects.
    """

    position: Position
    name: str | None
    types: frozenset[str]
    below: "Wanted | None" = None

    def holds(
        self,
        context: PlanningContext,
        view: Access | Node,
        entered_at: Position | None = None,
    ) -> bool:
        """Return whether a node, or an access, resolves it without any further entry.

        Where a step is yet to enter at a position, it can carry contextual arguments.
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
        view: Access | Node,
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
    context: PlanningContext, view: Access | Node, object_type: str, name: str
) -> Move | None:
    """Give the move along a field that needs no further entry, None if none."""
    node = view.at(object_type)
    move = node.moves.get(name) if node is not None else None
    if move is None or not move.is_open(context.overrides):
        return None
    if not move.needs_entry:
        return move
    if not isinstance(view, Access):
        return None
    enabled = (view.position, object_type, name)
    return move if enabled in view.step.enabled else None


@dataclass(slots=True)
class State:
    """All choices of one run, and what they cost."""

    trail: Trail = field(default_factory=Trail)
    steps: list[Step] = field(default_factory=list[Step])
    accesses: dict[Position, list[Access]] = field(
        default_factory=dict[Position, list[Access]]
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

    def accesses_at(self, position: Position) -> list[Access]:
        known = self.accesses.get(position)
        if known is None:
            known = self.accesses[position] = []
        return known

    def charge(self, cost: int) -> None:
        self.trail.put(self.totals, "cost", self.totals["cost"] + cost)
