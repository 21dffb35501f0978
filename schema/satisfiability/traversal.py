"""Walks all queries of the supergraph, type by type, with all their positions.

A state is a type, the positions a query may have there, what contexts give there, and
the override labels that the way there decided. More positions are never worse, and nor
are more labels, so a state is skipped if one with a part of its positions and labels
was visited before. Walking breadth first finds the shortest witness of a failure.
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
"""So many mixtures of override labels are followed to one type and its positions.

What only fails with further ones is not found: a query then fails that needs it.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A way through the supergraph, last step first; `field` is "" for a cast."""

    previous: "Step | None"
    parent: str
    field: str
    target: str


@dataclass(frozen=True, slots=True)
class State:
    """A type, and what is known there.

    `contexts` are the needs that contexts set above satisfy; `labels` were decided by
    fields above that move with them.
    """

    type: str
    positions: Positions
    step: Step | None
    contexts: frozenset[ContextNeed] = frozenset()
    labels: Labels = frozenset()


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A field, or a cast, that no position can take with some override labels."""

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
        """Whether they have none in common at all."""
        return not reduce(frozenset[str].intersection, self.types.values())


Finding = DeadEnd | Mismatch


def is_fatal(finding: Finding) -> bool:
    """Whether a finding is an error; what is not deserves a hint."""
    return isinstance(finding, DeadEnd) or finding.is_total


_Visits: TypeAlias = dict[Positions, list[Labels]]


class Traversal:
    """One walk; `findings` yields what is wrong, each coordinate once."""

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
        """A shared mutation runs in one subgraph: all below must do with that one."""
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
        """Walk from one state alone."""
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
                # Only an interface object stands here, and nobody tells its type. Where
                # a real interface stands, an object it does not know never turns up.
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
        kept = {each for each in state.contexts if each.context not in newly_set}
        return frozenset(kept) | {
            need
            for need in self._reach.tables.needs
            if need.context in newly_set
            and self._reach.satisfied(state.type, state.positions, need.selections)
        }

    def _in_context(
        self, table: FieldTable, landed: Positions, contexts: frozenset[ContextNeed]
    ) -> Positions:
        """Without the copies whose contextual arguments nobody above can give."""
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
    """Yield the labels with a field, which decides those that no field above did."""
    known = {name for name, _ in decided}
    names = sorted(table.labels - known)
    for values in product((False, True), repeat=len(names)):
        yield decided | frozenset(zip(names, values, strict=True))


def _single(positions: Positions) -> Iterator[Positions]:
    """Each position alone."""
    for number in bits(positions.plain):
        yield Positions(1 << number)
    for each in sorted(positions.special, key=lambda each: (each.subgraph, each.text)):
        yield Positions(0, frozenset({each}))
