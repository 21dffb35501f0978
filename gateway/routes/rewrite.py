"""Rewriting of paths, from that of a client to that of a service and back.

    pattern    target        path at the gateway    path at the service
    /api/*     /*            /api/users/7           /users/7
    /u/{id}    /users/{id}   /u/7                   /users/7
    /files/*   /v2/files/*   /files/a%2Fb           /v2/files/a%2Fb

The bytes of segments that a parameter or `*` stands for are not changed.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote

from weir.gateway.routes.matching.path import BYTES
from weir.gateway.routes.matching.pattern import PathPattern
from weir.gateway.routes.matching.template import InvalidTemplate

_SAFE: Final = "!$&'()*+,;=:@-._~"
"""The characters of a segment that are not percent-encoded (RFC 3986 §3.3)."""

AUTHORITY_LIKE: Final = ("//", "/\\")
"""The beginnings of paths whose first segment could be taken for a host.

RFC 3986 §4.2 is about "//"; browsers treat a backslash as a slash.
"""


class PathRewrite:
    """The rewriting of the paths that match `pattern` to those of `target`.

    Raise InvalidTemplate for a target with a part that the pattern does not have.
    """

    __slots__ = ("_pattern", "_stripped", "_target", "is_reversible")

    def __init__(self, pattern: PathPattern, target: PathPattern) -> None:
        if unknown := set(target.parameters) - set(pattern.parameters):
            message = f'"{pattern.text}" has no parameter {{{min(unknown)}}}'
            raise InvalidTemplate(message)
        if target.is_prefix and not pattern.is_prefix:
            message = f'"{pattern.text}" has no "*" at its end'
            raise InvalidTemplate(message)
        self._pattern = pattern
        self._target = target
        self._stripped = _stripped(pattern, target)
        self.is_reversible = (
            set(target.parameters) == set(pattern.parameters)
            and target.is_prefix == pattern.is_prefix
        )

    def forward(self, path: str) -> str:
        """Return the path for the service; `path` is raw and matches the pattern."""
        return _moved(path.split("/"), self._pattern, self._target)

    def back(self, path: str) -> str | None:
        """Return the client's path for a path of the service, or None if unknown."""
        segments = path.split("/")
        decoded = [unquote(segment, BYTES) for segment in segments[1:]]
        if not self.is_reversible or not self._target.matches(decoded):
            return None
        return _moved(segments, self._target, self._pattern)

    def prefix_of(self, path: str) -> str:
        """Return the prefix of a client's path that the service does not see."""
        return "/".join(path.split("/")[: self._stripped + 1])


def _stripped(pattern: PathPattern, target: PathPattern) -> int:
    """Return the number of leading segments that are only removed."""
    removed = pattern.depth - target.depth
    same_end = pattern.shape[removed:] == target.shape
    return removed if removed > 0 and same_end and target.is_prefix else 0


def _moved(segments: Sequence[str], source: PathPattern, target: PathPattern) -> str:
    values = _parameters(segments, source)
    names = iter(target.parameters)
    moved = [
        values[next(names)] if literal is None else quote(literal, _SAFE, BYTES)
        for literal in target.shape
    ]
    if target.is_prefix:
        moved += segments[source.depth + 1 :]
    return "/" + "/".join(moved)


def _parameters(segments: Sequence[str], source: PathPattern) -> dict[str, str]:
    positions = (
        position for position, literal in enumerate(source.shape, 1) if literal is None
    )
    return {
        name: segments[position]
        for name, position in zip(source.parameters, positions, strict=True)
    }
