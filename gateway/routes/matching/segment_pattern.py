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
        return self.expression.fullmatch(value) is not None


def segment_patterns(
    path: PathPattern, expressions: Mapping[str, str]
) -> Iterator[SegmentPattern]:
    """Yield the compiled `expressions` of parameters of `path`.

    Raises InvalidSegmentPattern.
    """
    positions = (
        position for position, literal in enumerate(path.shape, 1) if literal is None
    )
    for name, position in zip(path.parameters, positions, strict=True):
        if name in expressions:
            text = expressions[name]
            yield SegmentPattern(name, text, position, _compiled(name, text))


def _compiled(name: str, text: str) -> Any:
    options = _re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_COMPILED_BYTES
    options.never_capture = True  # groups are not used, and take time per byte
    try:
        return _re2.compile(text, options)
    except _re2.error as error:
        (reason,) = error.args
        raise InvalidSegmentPattern(name, reason.decode()) from error
