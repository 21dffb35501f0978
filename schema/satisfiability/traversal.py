"""The walk over all queries of the supergraph, with all their positions.

A state is a type, the possible positions of a query on it, the values from contexts,
and the override labels that the path decided. If a state has no failure, then neither
has a state with more positions or more labels. So a state is skipped after the visit of
one with a subset of its positions and labels. The walk is breadth-first, so it finds
the shortest witness of a failure.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import TypeAlias

from weir.schema.model.definitions import ROOT_TYPES
from weir.schema.satisfiability.positions import Positions
from weir.schema.satisfiability.reach import Labels, Reach
from weir.schema.satisfiability.tables import ContextNeed, FieldTable, bits

_MOST_VISITS = 64
"""The limit of combinations of override labels for one type and its positions.

A failure that needs more combinations is not found here, but fails a query.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A path through the supergraph, last step first; `field` is "" for a cast."""

    previous: "Step | None"
    parent: str
    field: str
    target: str


@dataclass(frozen=True, slots=True)
class State:
    """A type, with the positions and decisions of the path that leads to it.

    `contexts` are the needs that the contexts of ancestors satisfy. `labels` are those
    that overridden fields on the path decided.
    """

    type: str
    positions: Positions
    step: Step | None
    contexts: frozenset[ContextNeed] = frozenset()
    labels: Labels = frozenset()


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A field or cast that no position can resolve with some override labels."""

    state: State
    step: Step
    labels: Labels


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A shared field whose subgraphs do not have all runtime types in common."""

    coordinate: str
    target: str
    types: Mapping[int, frozenset[str]]

    @property
    def is_total(self) -> bool:
        """Return whether the subgraphs have no runtime type in common."""
        return not reduce(frozenset[str].intersection, self.types.values())


Finding = DeadEnd | Mismatch


def is_fatal(finding: Finding) -> bool:
    """Return whether a finding is an error; the others are hints."""
    return isinstance(finding, DeadEnd) or finding.is_total


_Visits: TypeAlias = dict[Positions, list[Labels]]


class Traversal:
    """One walk; `findings` yields each failing coordinate once."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._types = reach.tables.types
        self._visited: dict[tuple[str, frozenset[ContextNeed]], _Visits] = {}
        self._mismatched: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        """Walk from all root types."""
        for name in ROOT_TYPES:
            table = self._types.get(name)
            if table is None:
                continue
            start = State(name, Positions(table.records), None)
            if name == "Mutation":
                yield from self._mutations(start)
            else:
                yield from self._walk([start])

    def _mutations(self, start: State) -> Iterator[Finding]:
        """Walk shared mutations, which run in one subgraph, once for each subgraph."""
        for name, table in self._types["Mutation"].fields.items():
            if table.is_hidden:
                continue
            for labels in _outcomes(table, start.labels):
                yield from self._mutation(start, name, table, labels)

    def _mutation(
        self, start: State, name: str, table: FieldTable, labels: Labels
    ) -> Iterator[Finding]:
        landed = self._reach.advance("Mutation", name, start.positions, labels)
        step = Step(None, "Mutation", name, table.target)
        attempts: list[list[Finding]] = []
        for each in _single(landed):
            below = State(table.target, each, step, labels=labels)
            walk = Traversal(self._reach)
            attempts.append(list(walk.findings_below(below, table)))
        if not attempts:
            yield DeadEnd(start, step, labels)
        elif all(any(map(is_fatal, each)) for each in attempts):
            yield from attempts[0]

    def findings_below(self, state: State, table: FieldTable) -> Iterator[Finding]:
        """Walk from one state only."""
        if table.is_composite:
            yield from self._walk([state])

    def _walk(self, states: list[State]) -> Iterator[Finding]:
        queue = deque(states)
        while queue:
            state = queue.popleft()
            if self._is_visited(state):
                continue
            for each in self._edges(state):
                if isinstance(each, State):
                    queue.append(each)
                else:
                    yield each

    def _is_visited(self, state: State) -> bool:
        visits = self._visited.setdefault((state.type, state.contexts), {})
        if any(
            state.positions.covers(positions)
            and any(labels <= state.labels for labels in each)
            for positions, each in visits.items()
        ):
            return True
        seen = visits.setdefault(state.positions, [])
        seen.append(state.labels)
        return len(seen) > _MOST_VISITS

    def _edges(self, state: State) -> Iterator[State | Finding]:
        if self._types[state.type].is_abstract:
            yield from self._casts(state)
        else:
            yield from self._fields(state)

    def _casts(self, state: State) -> Iterator[State | Finding]:
        table = self._types[state.type]
        unknowing = state.positions.subgraphs() & ~table.stand_ins
        for name in table.casts:
            if name not in self._types or self._types[name].is_hidden:
                continue
            step = Step(state.step, state.type, "", name)
            landed = self._reach.cast(state.type, name, state.positions)
            if landed:
                yield State(name, landed, step, state.contexts, state.labels)
            elif not unknowing:
                # The position is an interface object of unknown type. A subgraph with
                # the real interface never returns an object that it does not know.
                yield DeadEnd(state, step, state.labels)

    def _fields(self, state: State) -> Iterator[State | Finding]:
        contexts = self._contexts_below(state)
        for name, table in self._types[state.type].fields.items():
            if table.is_hidden:
                continue
            step = Step(state.step, state.type, name, table.target)
            for labels in _outcomes(table, state.labels):
                landed = self._reach.advance(state.type, name, state.positions, labels)
                landed = self._in_context(table, landed, state.contexts)
                if not landed:
                    yield DeadEnd(state, step, labels)
                elif table.is_composite:
                    yield from self._mismatches(state.type, name, table, landed)
                    yield State(table.target, landed, step, contexts, labels)

    def _contexts_below(self, state: State) -> frozenset[ContextNeed]:
        """Return the needs satisfied below a state; the nearest setter counts."""
        newly_set = self._types[state.type].contexts
        if not newly_set:
            return state.contexts
        remaining = {each for each in state.contexts if each.context not in newly_set}
        return frozenset(remaining) | {
            need
            for need in self._reach.tables.needs
            if need.context in newly_set
            and self._reach.satisfied(state.type, state.positions, need.selections)
        }

    def _in_context(
        self, table: FieldTable, landed: Positions, contexts: frozenset[ContextNeed]
    ) -> Positions:
        """Remove the copies whose contextual arguments no ancestor can provide."""
        lacking = sum(
            1 << number
            for number, resolver in table.resolvers.items()
            if not contexts.issuperset(resolver.contexts)
        )
        if not lacking:
            return landed
        special = frozenset(
            each for each in landed.special if not lacking >> each.subgraph & 1
        )
        return Positions(landed.plain & ~lacking, special)

    def _mismatches(
        self, parent: str, name: str, table: FieldTable, landed: Positions
    ) -> Iterator[Mismatch]:
        target = self._types[table.target]
        coordinate = f"{parent}.{name}"
        if not target.is_abstract or coordinate in self._mismatched:
            return
        concrete = sum(1 << each.subgraph for each in landed.special if each.type)
        mask = landed.subgraphs() & ~target.stand_ins & ~concrete
        types = {
            number: frozenset(
                each for each, known in target.casts.items() if known >> number & 1
            )
            for number in bits(mask)
        }
        if len(set(types.values())) > 1:
            self._mismatched.add(coordinate)
            yield Mismatch(coordinate, table.target, types)


def _outcomes(table: FieldTable, decided: Labels) -> Iterator[Labels]:
    """Yield the labels with the states that a field decides."""
    known = {name for name, _ in decided}
    names = sorted(table.labels - known)
    for values in product((False, True), repeat=len(names)):
        yield decided | frozenset(zip(names, values, strict=True))


def _single(positions: Positions) -> Iterator[Positions]:
    """Yield each position as a set."""
    for number in bits(positions.plain):
        yield Positions(1 << number)
    for each in sorted(positions.special, key=lambda each: (each.subgraph, each.text)):
        yield Positions(0, frozenset({each}))
