"""Sample texts of regular expressions.

An expression of RE2 is read by the parser of Python, whose syntax has most of that of
RE2. A text may not match, and there is none for what only RE2 has.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from random import Random
from string import ascii_letters, digits
from typing import Any, Final

_parser: Any = import_module("re._parser")
_ANY: Final = f"{ascii_letters}{digits}-_.~é"
_CATEGORIES: Final = {
    "CATEGORY_DIGIT": digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": f"{ascii_letters}{digits}_",
}
_MORE: Final = 3
"""The number of repeats beyond the required ones, at most."""
_MAX_STEPS: Final = 1000
_SETS_OF_SETS: Final = re.compile(r"\[\[|--|&&|~~")
"""Python warns of these, as they may have another meaning in the future."""


class _NoText(Exception):
    """An expression with a construct that has no sample."""


def sample_text(expression: str, rng: Random) -> str | None:
    """Return a text that probably matches a whole expression, or None."""
    if _SETS_OF_SETS.search(expression):
        return None
    try:
        steps = list(islice(_texts(_parser.parse(expression), rng), _MAX_STEPS + 1))
    except (_NoText, RecursionError, OverflowError, ValueError, re.error):
        return None
    text = "".join(steps)
    # Others, such as halves of surrogate pairs, are in no URL and no header field.
    is_usable = len(steps) <= _MAX_STEPS and text.isprintable()
    return text if is_usable else None


def _texts(states: Iterable[Any], rng: Random) -> Iterator[str]:
    """Yield the text of each state."""
    for operation, value in states:
        name = str(operation)
        if name in _LEAVES:
            yield rng.choice(_LEAVES[name](value))
        else:
            yield from _nested(name, value, rng)


def _nested(name: str, value: Any, rng: Random) -> Iterator[str]:
    match name:
        case "BRANCH":
            yield from _texts(rng.choice(value[1]), rng)
        case "SUBPATTERN":
            yield from _texts(value[-1], rng)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, repeated = value
            for _ in range(min(most, least + rng.randrange(_MORE))):
                yield ""  # a step, also if nothing is repeated
                yield from _texts(repeated, rng)
        case _:
            raise _NoText


def _characters(members: Sequence[tuple[Any, Any]]) -> str:
    """Return characters of a set, whose first member is NEGATE if it is negated."""
    is_negated = str(members[0][0]) == "NEGATE"
    members = members[is_negated:]
    named = [chr(each) for one in members for each in _ends(one)]
    found = [
        each
        for each in dict.fromkeys([*_ANY, " ", *named])
        if any(_has(one, each) for one in members) != is_negated
    ]
    if not found:
        raise _NoText
    return "".join(found)


def _ends(member: tuple[Any, Any]) -> tuple[int, ...]:
    match str(member[0]):
        case "LITERAL":
            return (member[1],)
        case "RANGE":
            return (member[1][0], member[1][1])
        case _:
            return ()


def _has(member: tuple[Any, Any], character: str) -> bool:
    match str(member[0]):
        case "LITERAL":
            return bool(ord(character) == member[1])
        case "RANGE":
            return bool(member[1][0] <= ord(character) <= member[1][1])
        case _:
            name = str(member[1])
            of_category = _CATEGORIES.get(name.replace("_NOT_", "_"), "")
            return (character in of_category) != ("_NOT_" in name)


_LEAVES: Final[Mapping[str, Callable[[Any], Sequence[str]]]] = {
    "ANY": lambda _: _ANY,
    "AT": lambda _: [""],
    "IN": _characters,
    "LITERAL": chr,
    "NOT_LITERAL": lambda value: _ANY.replace(chr(value), ""),
}
"""The characters of a state without others below it."""
