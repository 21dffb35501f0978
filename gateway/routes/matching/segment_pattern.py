"""Regular expressions for the values of path parameters.

The syntax is that of RE2, whose time grows with the length of the value, whatever the
expression. An expression has to match the whole value: segments are never divided.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import re2  # pyright: ignore[reportMissingTypeStubs]

from weir.gateway.routes.matching.path import BYTES
from weir.gateway.routes.matching.pattern import PathPattern

_re2: Any = re2  # has no types
_MAX_COMPILED_BYTES: Final = 1024 * 1024
_MAX_INSTRUCTIONS: Final = 10_000
MAX_VALUE_BYTES: Final = 1024
"""The length of a value that an expression can match.

RE2 needs up to 3 ns for each byte of it and each instruction of the expression.
"""


class InvalidSegmentPattern(ValueError):
    """An expression that cannot be compiled; the message is the reason."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(reason)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class SegmentPattern:
    """The expression of one parameter, which is in the segment at `position`.

    `position` is that in the result of `segments_of`.
    """

    parameter: str
    text: str
    position: int
    expression: Any = field(compare=False, repr=False)

    def matches(self, segments: Sequence[str]) -> bool:
        """Return whether the value matches; `segments` are those of `segments_of`."""
        value = segments[self.position].encode(BYTES)
        if len(value) > MAX_VALUE_BYTES:
            return False
        return self.expression.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class SegmentGroups:
    """The named groups of the expression of one parameter."""

    parameter: str
    names: frozenset[str]
    position: int
    expression: Any = field(compare=False, repr=False)

    def values(self, segments: Sequence[str]) -> Mapping[str, str]:
        """Return the texts of the groups of a segment that matches, "" if unused.

        `segments` are those of `segments_of`.
        """
        match = self.expression.fullmatch(segments[self.position].encode(BYTES))
        assert match is not None, "the rule of the route matches the segment"
        return {
            name: (value or b"").decode(BYTES)
            for name, value in match.groupdict().items()
        }


def segment_patterns(
    path: PathPattern, expressions: Mapping[str, str]
) -> Iterator[SegmentPattern]:
    """Yield the compiled `expressions` of parameters of `path`.

    Raises InvalidSegmentPattern.
    """
    for name, text, position in _placed(path, expressions):
        # Groups take time per byte, and do not matter for a match.
        yield SegmentPattern(name, text, position, _compiled(name, text, groups=False))


def segment_groups(
    path: PathPattern, expressions: Mapping[str, str]
) -> Iterator[SegmentGroups]:
    """Yield the named groups of the `expressions` that have some.

    Raises InvalidSegmentPattern, also for a name that is not unique.
    """
    known = set(path.parameters)
    for name, text, position in _placed(path, expressions):
        expression = _compiled(name, text, groups=True)
        names = frozenset(expression.groupindex)
        if repeated := known & names:
            reason = f"another parameter or group has the name {min(repeated)!r}"
            raise InvalidSegmentPattern(name, reason)
        known |= names
        if names:
            yield SegmentGroups(name, names, position, expression)


def _placed(
    path: PathPattern, expressions: Mapping[str, str]
) -> Iterator[tuple[str, str, int]]:
    """Yield the parameters that have an expression, with it and their positions."""
    positions = (
        position for position, literal in enumerate(path.shape, 1) if literal is None
    )
    for name, position in zip(path.parameters, positions, strict=True):
        if name in expressions:
            yield name, expressions[name], position


def _compiled(name: str, text: str, *, groups: bool) -> Any:
    options = _re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_COMPILED_BYTES
    options.never_capture = not groups
    try:
        compiled = _re2.compile(text, options)
    except _re2.error as error:
        (reason,) = error.args
        # The part of the expression after the colon may come from a secret.
        raise InvalidSegmentPattern(name, reason.decode().partition(": ")[0]) from None
    if compiled.programsize > _MAX_INSTRUCTIONS:
        reason = (
            f"it compiles to {compiled.programsize} instructions, and"
            f" {_MAX_INSTRUCTIONS} are allowed; repeat less, or a smaller class"
        )
        raise InvalidSegmentPattern(name, reason)
    return compiled
