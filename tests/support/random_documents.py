"""Random documents of any shape, most of them invalid, and what validating them takes.

Unlike random operations they are not meant to be executed: fragments are spread
everywhere, operations are many, variables are declared and used at random.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from types import FrameType
from typing import Any

from graphql import DocumentNode, build_schema, parse

from weir.gateway.errors import WeirError
from weir.resolvers.operation.document.comparisons import check_comparisons
from weir.resolvers.operation.document.limits import OperationLimits
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.sizes import (
    check_written_out,
    measured_definitions,
)
from weir.resolvers.operation.document.validation import validate_operation

LIMITS = OperationLimits()
CALLS_PER_STEP = 200
CALLS_OF_ERRORS = 20_000
SCHEMA = build_schema(
    f"""
    directive @tag repeatable on FIELD
    type Query {{
      n: Query l(x: [Int]): Int {" ".join(f"b{n}: Int" for n in range(10))}
    }}
    """
)


@dataclass
class RandomDocument:
    """Writes one document; `random` decides about sizes first, then about each part."""

    random: Random
    factor: int = 1

    def __post_init__(self) -> None:
        pick = self.random.choice
        self.fragments = self.factor * pick((0, 1, 3, 10, 50))
        self.operations = pick((1, 1, 2, 5, 10 * self.factor))
        self.variables = pick((0, 0, 1, 5, 50))
        self.width = pick((1, 2, 4, 8))
        self.depth = pick((1, 2, 3, 6))
        self.names = pick((1, 3, 10))
        self.spreads = self.random.random() ** 2
        self.mistakes = pick((0.0, 0.0, 0.01, 0.2))

    def text(self) -> str:
        parts = [*self._operations(), *self._fragments()]
        self.random.shuffle(parts)
        return " ".join(parts)

    def _operations(self) -> Iterator[str]:
        for number in range(self.operations):
            declared = " ".join(f"$v{n}: {self._type()}" for n in range(self.variables))
            head = f"({declared})" if declared else ""
            name = "" if self._mistaken() else f"Q{number}"
            yield f"query {name}{head} {self._selection_set(0, self.depth)}"

    def _fragments(self) -> Iterator[str]:
        for number in range(self.fragments):
            on = "Unknown" if self._mistaken() else "Query"
            depth = self.random.randint(0, self.depth)
            yield f"fragment F{number} on {on} {self._selection_set(number + 1, depth)}"

    def _type(self) -> str:
        levels = self.random.choice((0, 1, 1, 2, 8))
        return f"{'[' * levels}Int{']' * levels}{self.random.choice(('', '!'))}"

    def _selection_set(self, first: int, depth: int) -> str:
        width = self.random.randint(1, self.width)
        return f"{{ {' '.join(self._selection(first, depth) for _ in range(width))} }}"

    def _selection(self, first: int, depth: int) -> str:
        if self.random.random() < self.spreads and self.fragments:
            return self._spread(first)
        if self.random.random() < 0.1:
            return f"... {self._directives()} {{ {self._field(first, depth)} }}"
        return self._field(first, depth)

    def _spread(self, first: int) -> str:
        """Spread a later fragment, so that cycles are mistakes."""
        if self._mistaken() or first >= self.fragments:
            return f"...{self.random.choice(('F0', 'Unknown'))}"
        last = min(first + self.random.choice((1, 3, 50)), self.fragments) - 1
        return f"...F{self.random.randint(first, last)}"

    def _field(self, first: int, depth: int) -> str:
        number = self.random.randrange(self.names)
        alias = self.random.choice(("", "", "", f"x{number}: "))
        if depth > 0 and self.random.random() < 0.6:
            inner = self._selection_set(first, depth - 1)
            return f"{alias}n {self._directives()} {inner}"
        if self.random.random() < 0.3:
            return f"{alias}l(x: {self._value(3)}) {self._directives()}"
        name = f"wrong{number}" if self._mistaken() else f"b{number}"
        return f"{alias}{name} {self._directives()}"

    def _directives(self) -> str:
        count = self.random.choice((0, 0, 0, 0, 1, 2, 20))
        return "@tag " * count if self.random.random() < 0.3 else ""

    def _value(self, depth: int) -> str:
        kind = self.random.randrange(4)
        if kind == 0 and self.variables:
            return f"$v{self.random.randrange(self.variables)}"
        if kind == 1 and depth:
            count = self.random.choice((0, 1, 3, 30))
            return f"[{' '.join(self._value(depth - 1) for _ in range(count))}]"
        return str(number) if (number := self.random.randrange(3)) else '"x"'

    def _mistaken(self) -> bool:
        return self.random.random() < self.mistakes


def check_validation_cost(seed: int, factor: int) -> bool:
    """Return whether a random document is accepted; fail if it costs too much.

    Up to 20 errors, each with locations and the first with suggestions, cost the same
    whatever the document holds.
    """
    try:
        text = RandomDocument(Random(seed), factor).text()  # noqa: S311 - no secret
        document = parse_operation(text, LIMITS)
    except WeirError:
        return False
    bound, calls = validation_bound(text), validation_calls(document)
    assert calls <= CALLS_OF_ERRORS + CALLS_PER_STEP * bound, (seed, calls, bound)
    return True


def validation_bound(text: str) -> int:
    """Return what is counted before validation: its cost is at most proportional."""
    definitions = measured_definitions(parse(text))
    written_out = check_written_out(definitions, lambda _: None)
    comparisons = check_comparisons(
        [root.node.selection_set for root in definitions.roots],
        definitions.fragment_nodes,
        lambda _: None,
    )
    return written_out.tokens + 2 * comparisons.fields + comparisons.fragments


def validation_calls(document: DocumentNode) -> int:
    """Count the calls, of Python and C functions, that validation makes."""
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        del frame, argument
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        with suppress(WeirError):
            validate_operation(document, SCHEMA)
    finally:
        sys.setprofile(None)
    return calls
