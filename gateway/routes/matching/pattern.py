"""Patterns of paths: `/status`, `/users/{id}`, and prefixes such as `/api/*`.

A prefix matches its own path and all paths below it, by whole segments: `/api/*`
matches `/api`, `/api/` and `/api/users`, and does not match `/apis`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from weir.gateway.routes.matching.path import NO_VALUES
from weir.gateway.routes.matching.template import InvalidTemplate, Shape, parse_template

_REST: Final = "/*"


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A parsed pattern; `shape` and `parameters` are those before a final `/*`."""

    text: str
    shape: Shape
    parameters: tuple[str, ...]
    is_prefix: bool

    @property
    def depth(self) -> int:
        """The number of segments that the pattern names."""
        return len(self.shape)

    def overlaps(self, shape: Sequence[str | None]) -> bool:
        """Return whether a path of `shape`, where None is any segment, may match."""
        more = len(shape) - self.depth
        if more < 0 or (more and not self.is_prefix):
            return False
        pairs = zip(self.shape, shape, strict=False)
        return all(one is None or other is None or one == other for one, other in pairs)

    def matches(self, segments: Sequence[str]) -> bool:
        """Return whether the path of these decoded segments matches."""
        pairs = zip(self.shape, segments, strict=False)
        values = (segment for literal, segment in pairs if literal is None)
        return self.overlaps(segments) and NO_VALUES.isdisjoint(values)

    def is_below(self, prefix: Shape) -> bool:
        """Return whether all paths that match are at or below the literal `prefix`."""
        return self.shape[: len(prefix)] == prefix


def parse_pattern(text: str) -> PathPattern:
    """Parse a pattern; raise InvalidTemplate."""
    before = text.removesuffix(_REST)
    if "*" in before:
        message = f'"*" is only allowed as the last segment, got "{text}"'
        raise InvalidTemplate(message)
    if text == _REST:
        return PathPattern(text, (), (), is_prefix=True)
    template = parse_template(before)
    return PathPattern(
        text, template.shape, template.parameters, is_prefix=before != text
    )
