"""Source text of generated functions, which has no other names than GraphQL's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, cast

_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)
_INDENT: Final = "    "

MAX_FUNCTIONS: Final = 250
MAX_LINES: Final = 600
"""The limit of lines of a function, which Python compiles in about 10 ms at once."""
MAX_ALL_LINES: Final = 6_000
"""The limit of lines of one source, which take about 100 ms."""


class Reason(Enum):
    """The reason why a part of a plan is interpreted."""

    NAME = "a name that is not one of GraphQL"
    SIZE = "too many fields"
    REFUSED = "fields that the caller may not select"
    INTROSPECTION = "introspection"
    CONTEXT = "values from ancestors of entities"
    LISTS = "too many nested lists"
    KEY = "representations without a key, or with objects in it"
    COMPILER = "code that Python does not compile"


class NotCompilable(Exception):
    """A part of a plan that is not compiled, but interpreted."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """The source of one function, without nested functions."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class CodeSource:
    """The functions of one plan or one shape.

    `entries` are the names of the functions to call. `constants` are the values that
    the functions refer to by name. `tables` have the names of functions by object type,
    with None for objects without a type.
    """

    entries: tuple[str, ...]
    functions: tuple[FunctionSource, ...]
    constants: Mapping[str, object] = field(default_factory=dict[str, object])
    tables: Mapping[str, Mapping[str | None, str]] = field(
        default_factory=dict[str, Mapping[str | None, str]]
    )

    def module(self) -> str:
        """Return the functions as one module, without what they refer to."""
        return "\n\n".join(each.text for each in self.functions)

    def text(self) -> str:
        """Return the functions as one module, for people."""
        return "\n\n".join([*self._described(), *(f.text for f in self.functions)])

    def _described(self) -> Iterator[str]:
        lines = [
            f"{name} = {_described(value)}\n" for name, value in self.constants.items()
        ]
        lines += [f"{name} = {dict(table)}\n" for name, table in self.tables.items()]
        if lines:
            yield "".join(lines)


def literal(name: str) -> str:
    """Return a name of GraphQL as a string literal; raises NotCompilable for others."""
    if not _NAME.fullmatch(name):
        raise NotCompilable(Reason.NAME)
    return f'"{name}"'


class Functions:
    """The functions of one source; two with the same body are one."""

    def __init__(self, names: "Names") -> None:
        self._names = names
        self._by_body: dict[tuple[str, str], FunctionSource] = {}
        self._lines = 0

    def add(self, prefix: str, name: str, lines: "Lines") -> str:
        """Add a function, and return its name, or the name of an equal one."""
        key = lines.parameters, lines.body
        known = self._by_body.get(key)
        if known is None:
            made = self._names.unique(prefix, name)
            text = f"def {made}({lines.parameters}):\n{lines.body}\n"
            known = self._by_body[key] = FunctionSource(made, text)
            self._lines += lines.count
            if len(self._by_body) > MAX_FUNCTIONS or self._lines > MAX_ALL_LINES:
                raise NotCompilable(Reason.SIZE)
        return known.name

    def all(self) -> tuple[FunctionSource, ...]:
        """Return the functions, each before the first one that calls it."""
        return tuple(self._by_body.values())


class Names:
    """Unique names of functions and constants."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unique(self, prefix: str, name: str) -> str:
        """Return a name with the prefix, and with a number if it is used already."""
        literal(f"_{name}")
        wanted = made = f"{prefix}_{name}"
        number = 1
        while made in self._used:
            number += 1
            made = f"{wanted}_{number}"
        self._used.add(made)
        return made


class Lines:
    """The lines of one function as they are written."""

    def __init__(self, parameters: str) -> None:
        self.parameters = parameters
        self._lines: list[str] = []
        self._depth = 1

    @property
    def body(self) -> str:
        return "\n".join(self._lines)

    @property
    def count(self) -> int:
        return len(self._lines)

    def add(self, *lines: str) -> None:
        self._lines += [_INDENT * self._depth + line for line in lines]
        if len(self._lines) > MAX_LINES:
            raise NotCompilable(Reason.SIZE)

    def indent(self) -> None:
        self._depth += 1

    def dedent(self) -> None:
        self._depth -= 1

    def end_blocks(self) -> None:
        """Go back to the level of the function."""
        self._depth = 1


def _described(value: object) -> str:
    """Return a set as text in a fixed order, and the name of a function or type."""
    if value.__class__ is tuple:
        return repr(value)
    if value.__class__ is not frozenset:
        return str(getattr(value, "__name__", type(value).__name__))
    items = cast("frozenset[object]", value)
    names = [each.__name__ if isinstance(each, type) else repr(each) for each in items]
    return "{" + ", ".join(sorted(names)) + "}"
