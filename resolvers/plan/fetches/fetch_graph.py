"""The fetch graph: steps, their selections and the steps that they wait for.

It is built from the choices, and then changed by passes
(`resolvers.plan.fetches.passes`).
"""

from dataclasses import dataclass, field

from weir.resolvers.operation.conditions import ALWAYS, Condition, either
from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.entries import ContextSource, EntityEntry
from weir.resolvers.plan.choose.solver import Choices
from weir.resolvers.plan.choose.state import SelectedField, Selection, Step
from weir.resolvers.plan.model.context import Budget
from weir.resolvers.plan.model.nodes import ResponsePath
from weir.resolvers.plan.walk.positions import Position
from weir.schema.graph.nodes import Node


@dataclass(slots=True, eq=False)
class Output:
    """A selection set. A step that enters several types has no `node`."""

    node: Node | None
    position: Position
    fields: "dict[tuple[str, frozenset[str]], OutputField]" = field(
        default_factory=lambda: dict[tuple[str, frozenset[str]], OutputField]()
    )

    def is_alike(self, other: "Output") -> bool:
        """Return whether two selection sets select exactly the same."""
        return self.fields.keys() == other.fields.keys() and all(
            each.is_alike(other.fields[key]) for key, each in self.fields.items()
        )

    def absorb(self, other: "Output") -> None:
        """Add all fields of another selection set of the same position."""
        for key, theirs in other.fields.items():
            ours = self.fields.get(key)
            if ours is None:
                self.fields[key] = theirs
                continue
            ours.condition = either(ours.condition, theirs.condition)
            if ours.output is not None and theirs.output is not None:
                ours.output.absorb(theirs.output)


@dataclass(slots=True, eq=False)
class OutputField:
    """A field of a selection set, selected on some types."""

    field: Field
    types: frozenset[str]
    condition: Condition
    output: Output | None = None

    def is_alike(self, other: "OutputField") -> bool:
        """Return whether two fields select the same, apart from their types."""
        if self.field.key != other.field.key or self.condition != other.condition:
            return False
        if self.output is None or other.output is None:
            return self.output is other.output
        return self.output.is_alike(other.output)


@dataclass(slots=True, eq=False)
class FetchStep:
    """One fetch. It is a root fetch if it has no entries."""

    id: int
    subgraph: str
    position: Position
    path: ResponsePath
    slot: str
    output: Output
    entries: dict[frozenset[str], EntityEntry]
    parents: set[int]
    condition: Condition = ALWAYS

    @property
    def contexts(self) -> dict[tuple[str, str, str], ContextSource]:
        """The contextual arguments, by object type, field and argument."""
        return {
            argument: source
            for entry in self.entries.values()
            for argument, source in entry.contexts.items()
        }


@dataclass(slots=True, eq=False)
class FetchGraph:
    """All steps by id. `slots` are the keys of a mutation's root fields, in order.

    Passes spend their time in its methods, and these check the budget.
    """

    steps: dict[int, FetchStep]
    budget: Budget
    slots: tuple[str, ...] = ()

    def levels(self) -> dict[int, int]:
        """Return for each step the length of the longest chain of steps before it."""
        levels: dict[int, int] = {}
        for step in self.in_order():
            levels[step.id] = 1 + max((levels[p] for p in step.parents), default=-1)
        return levels

    def in_order(self) -> list[FetchStep]:
        """Return the steps, parents before children."""
        self.budget.check()
        ordered: list[FetchStep] = []
        done: set[int] = set()
        waiting = list(self.steps.values())
        while waiting:
            ready = [step for step in waiting if step.parents <= done]
            assert ready, "fetches wait for each other"
            ordered += ready
            done.update(step.id for step in ready)
            waiting = [step for step in waiting if step.id not in done]
        return ordered

    def replace(self, step: FetchStep, by: FetchStep) -> None:
        """Remove a step. Another step takes over its parents and its children."""
        del self.steps[step.id]
        by.parents |= step.parents
        for each in self.steps.values():
            if step.id in each.parents:
                each.parents = each.parents - {step.id} | {by.id}

    def ancestors(self, step: FetchStep) -> set[int]:
        """Return the ids of all steps that a step waits for, directly or not."""
        self.budget.check()
        found: set[int] = set()
        pending = list(step.parents)
        while pending:
            parent = pending.pop()
            if parent not in found:
                found.add(parent)
                pending.extend(self.steps[parent].parents)
        return found


def build_fetch_graph(
    choices: Choices, slots: tuple[str, ...], budget: Budget
) -> FetchGraph:
    """Build the fetch graph of the choices."""
    conditions = _Conditions()
    for goal, selected in choices.chosen.items():
        for each in selected:
            conditions.add(each, goal.condition)
    return FetchGraph(
        {step.index: _fetch_step(step, conditions) for step in choices.state.steps},
        budget,
        slots,
    )


def _fetch_step(step: Step, conditions: "_Conditions") -> FetchStep:
    return FetchStep(
        id=step.index,
        subgraph=step.subgraph,
        position=step.position,
        path=step.position.path,
        slot=step.slot,
        output=_output(step.selection, conditions),
        entries=dict(step.entries),
        parents={selected.step.index for selected in step.needs},
        condition=conditions.steps.get(step, ALWAYS),
    )


def _output(selection: Selection, conditions: "_Conditions") -> Output:
    output = Output(selection.node, selection.position)
    for key, selected in selection.fields.items():
        output.fields[key] = OutputField(
            selected.field,
            selected.types,
            conditions.fields.get(selected, ALWAYS),
            _output(selected.selection, conditions) if selected.selection else None,
        )
    return output


@dataclass(slots=True)
class _Conditions:
    """The conditions of fields and steps: a step is needed if one of its goals is."""

    fields: dict[SelectedField, Condition] = field(
        default_factory=dict[SelectedField, Condition]
    )
    steps: dict[Step, Condition] = field(default_factory=dict[Step, Condition])

    def add(self, selected: SelectedField, condition: Condition) -> None:
        """Add a condition to a field, and to all fields that lead to it."""
        known = self.fields.get(selected)
        wider = condition if known is None else either(known, condition)
        if wider == known:
            return
        self.fields[selected] = wider
        if selected.within.parent is not None:
            self.add(selected.within.parent, wider)
        else:
            self._add_to_step(selected.step, wider)

    def _add_to_step(self, step: Step, condition: Condition) -> None:
        known = self.steps.get(step)
        wider = condition if known is None else either(known, condition)
        if wider == known:
            return
        self.steps[step] = wider
        for need in step.needs:
            self.add(need, wider)
