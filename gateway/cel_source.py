"""Checks of CEL expressions before they are used.

CEL has no limit of steps, and an evaluation holds the event loop. So the cost of an
expression is bounded by its form: a comprehension must not contain another one, and
the patterns of `matches` are literals. Its user bounds the inputs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import cel

Roots: TypeAlias = Mapping[str, Sequence[str]]
"""The variables of an expression with their fields; without fields, any can be read."""

_FUNCTIONS: Final = frozenset(
    {
        *("bytes", "contains", "double", "duration", "dyn", "endsWith", "int"),
        *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear"),
        *("getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds"),
        *("matches", "size", "startsWith", "string", "timestamp", "type", "uint"),
    }
)
_COMPREHENSIONS: Final = frozenset(
    {"all", "exists", "existsOne", "exists_one", "filter", "map"}
)
_TOKEN: Final = re.compile(
    r"""
    (?P<skipped> \s+ | //[^\n]* )
    | (?P<text>
        [bB]?[rR][bB]?(?: "{3}.*?"{3} | '{3}.*?'{3} | "[^"\n]*" | '[^'\n]*' )
        | [bB]?(?: "{3}(?:\\.|[^\\])*?"{3} | '{3}(?:\\.|[^\\])*?'{3}
                 | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
      )
    | (?P<name> [A-Za-z_]\w* )
    | (?P<number> \d+(?:\.\d+)?\w* )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


class InvalidExpression(ValueError):
    """An expression that cannot be used; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class CelSource:
    """An expression that passed the checks.

    `reads` has the variables that it reads, each with the fields that it reads of it.
    """

    program: cel.Program
    reads: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def read_expression(text: str, roots: Roots) -> CelSource:
    """Compile and check an expression over `roots`; raise InvalidExpression."""
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise InvalidExpression(_reason(str(error), text)) from error
    tokens = tuple(_tokens(text))
    bound = _check_comprehensions(tokens, roots)
    _check_patterns(tokens)
    _check_names(program, bound, roots)
    used = _used_fields(tokens, roots)
    names = set(program.variables())
    return CelSource(program, {root: used[root] for root in roots if root in names})


def words_of(text: str, roots: Roots) -> tuple[str, ...]:
    """Return the texts, the numbers and the names of keys of an expression, in order.

    The expression is valid.
    """
    tokens = tuple(_tokens(text))
    return tuple(
        each for at in range(len(tokens)) for each in _words(tokens, at, roots)
    )


def _words(tokens: Sequence[_Token], at: int, roots: Roots) -> Iterator[str]:
    token = tokens[at]
    match token.kind:
        case "text":
            value = cel.compile(token.text).execute({})
            if isinstance(value, str):
                yield value
        case "number":
            yield token.text
        case "name":
            is_member = _text_at(tokens, at - 1) == "."
            is_field = _text_at(tokens, at - 2) in roots
            if is_member and not is_field and _text_at(tokens, at + 1) != "(":
                yield token.text
        case _:
            pass


def _reason(message: str, text: str) -> str:
    """Return the reason in a message of the library, without the lines of `text`."""
    first_line = message.partition(f"'{text}': ")[2].partition("\n")[0]
    return first_line.removeprefix("ERROR: ") or "the expression cannot be read"


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is not None and kind != "skipped":
            yield _Token(kind, match[0])


def _text_at(tokens: Sequence[_Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""


def _calls(tokens: Sequence[_Token]) -> Iterator[int]:
    """Yield the positions of the names of methods that are called: `.name(`."""
    for at, token in enumerate(tokens):
        is_method = _text_at(tokens, at - 1) == "." and token.kind == "name"
        if is_method and _text_at(tokens, at + 1) == "(":
            yield at


def _check_comprehensions(tokens: Sequence[_Token], roots: Roots) -> frozenset[str]:
    """Return the variables of comprehensions; raise InvalidExpression for nesting."""
    bound: set[str] = set()
    ends = 0
    for at in _calls(tokens):
        if tokens[at].text not in _COMPREHENSIONS:
            continue
        if at < ends:
            message = (
                f"`{tokens[at].text}` is inside of another comprehension; they must"
                " not be nested, because the cost has no other bound"
            )
            raise InvalidExpression(message)
        ends = _closing(tokens, at + 1)
        variable = _text_at(tokens, at + 2)
        if variable in roots:
            message = f"the variable of a comprehension must not be named `{variable}`"
            raise InvalidExpression(message)
        bound.add(variable)
    return frozenset(bound)


def _closing(tokens: Sequence[_Token], opening: int) -> int:
    """Return the position of the parenthesis that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(tokens)):
        if tokens[at].text == "(":
            depth += 1
        elif tokens[at].text == ")":
            depth -= 1
            if not depth:
                return at
    return len(tokens)


def _check_patterns(tokens: Sequence[_Token]) -> None:
    for at in _calls(tokens):
        if tokens[at].text != "matches":
            continue
        argument = tokens[at + 2 : _closing(tokens, at + 1)]
        if [each.kind for each in argument] != ["text"]:
            message = "the pattern of `matches` must be a literal text"
            raise InvalidExpression(message)
        _check_pattern(argument[0].text)


def _check_pattern(literal: str) -> None:
    """Raise InvalidExpression for a pattern that the library cannot compile.

    The library compiles patterns only when it evaluates them.
    """
    try:
        cel.compile(f"''.matches({literal})").execute({})
    except RuntimeError as error:
        message = f"the pattern {literal} of `matches` is invalid: {error}"
        raise InvalidExpression(message) from error


def _check_names(program: cel.Program, bound: frozenset[str], roots: Roots) -> None:
    for name in program.variables():
        if name not in roots and name not in bound:
            message = f"unknown variable `{name}`; there are: {', '.join(roots)}"
            raise InvalidExpression(message)
    for name in program.functions():
        # Others are the names of operators.
        if name.isidentifier() and name not in _FUNCTIONS:
            message = f"unknown function `{name}`"
            raise InvalidExpression(message)


def _used_fields(
    tokens: Sequence[_Token], roots: Roots
) -> Mapping[str, frozenset[str]]:
    """Return the fields of each variable that an expression reads."""
    used: dict[str, set[str]] = {root: set() for root in roots}
    for at, token in enumerate(tokens):
        root = token.text
        is_root = token.kind == "name" and _text_at(tokens, at - 1) != "."
        if not (is_root and roots.get(root)):
            continue
        field = _text_at(tokens, at + 2) if _text_at(tokens, at + 1) == "." else ""
        if field not in roots[root]:
            there_are = ", ".join(roots[root])
            found = f"`{root}.{field}` does not exist" if field else f"`{root}` alone"
            message = f"{found}; read one of its fields: {there_are}"
            raise InvalidExpression(message)
        used[root].add(field)
    return {root: frozenset(fields) for root, fields in used.items()}
