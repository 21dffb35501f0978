"""Rewriting of paths, from that of a client to that of a service and back.

    pattern    target        path at the gateway    path at the service
    /api/*     /*            /api/users/7           /users/7
    /u/{id}    /users/{id}   /u/7                   /users/7
    /files/*   /v2/files/*   /files/a%2Fb           /v2/files/a%2Fb

The bytes of segments that a parameter or `*` stands for are not changed. A named group
of a parameter's expression can be a segment of the target: `/{id}` for `/films/{slug}`
with `(?P<title>.+)-(?P<id>[0-9]+)`. Such a path is not rewritten back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import quote, unquote

from weir.gateway.errors import BadRequest
from weir.gateway.routes.matching.path import BYTES, segments_of
from weir.gateway.routes.matching.pattern import PathPattern
from weir.gateway.routes.matching.template import InvalidTemplate
from weir.gateway.routes.traversal import escapes

_SAFE: Final = "!$&'()*+,;=:@-._~"
"""The characters of a segment that are not percent-encoded (RFC 3986 §3.3)."""

AUTHORITY_LIKE: Final = ("//", "/\\")
"""The beginnings of paths whose first segment could be taken for a host.

RFC 3986 §4.2 is about "//"; browsers treat a backslash as a slash.
"""


_SHOWN: Final = 200
"""The number of characters of a path that an error shows."""


class Groups(Protocol):
    """The named groups of the expression of a path parameter."""

    @property
    def names(self) -> Collection[str]: ...

    def values(self, segments: Sequence[str]) -> Mapping[str, str]:
        """Return their decoded texts; `segments` are those of `segments_of`."""
        ...


class PathRewrite:
    """The rewriting of the paths that match `pattern` to those of `target`.

    `groups` are those of the parameters of the pattern. Raise InvalidTemplate for a
    target with a part that the pattern does not have.
    """

    __slots__ = ("_groups", "_pattern", "_stripped", "_target", "is_reversible")

    def __init__(
        self, pattern: PathPattern, target: PathPattern, groups: Sequence[Groups] = ()
    ) -> None:
        names = [*pattern.parameters, *sorted(n for each in groups for n in each.names)]
        if unknown := set(target.parameters).difference(names):
            known = ", ".join(f"{{{each}}}" for each in names) or "none"
            name = f"{{{min(unknown)}}}"
            message = f'"{pattern.text}" has no parameter {name}; there are: {known}'
            raise InvalidTemplate(message)
        if target.is_prefix and not pattern.is_prefix:
            message = f'"{pattern.text}" has no "*" at its end'
            raise InvalidTemplate(message)
        self._pattern = pattern
        self._target = target
        self._groups = [
            each for each in groups if not set(each.names).isdisjoint(target.parameters)
        ]
        self._stripped = _stripped(pattern, target)
        self.is_reversible = (
            set(target.parameters) == set(pattern.parameters)
            and target.is_prefix == pattern.is_prefix
        )

    def forward(self, path: str) -> str:
        """Return the path for the service; `path` is raw and matches the pattern.

        Raise BadRequest for one that has no text for a group, or a dot segment as such.
        """
        segments = path.split("/")
        values = _parameters(segments, self._pattern)
        if self._groups:
            values |= self._captured(path)
        rest = segments[self._pattern.depth + 1 :]
        return _moved(values, rest, self._target)

    def back(self, path: str) -> str | None:
        """Return the client's path for a path of the service, or None if unknown."""
        segments = path.split("/")
        decoded = [unquote(segment, BYTES) for segment in segments[1:]]
        if not self.is_reversible or not self._target.matches(decoded):
            return None
        values = _parameters(segments, self._target)
        rest = segments[self._target.depth + 1 :]
        return _moved(values, rest, self._pattern)

    def _captured(self, path: str) -> Iterator[tuple[str, str]]:
        segments = segments_of(path)
        for groups in self._groups:
            for name, value in groups.values(segments).items():
                if name not in self._target.parameters:
                    continue
                if not value or escapes(f"/{value}"):
                    detail = f"The path {path[:_SHOWN]!r} has no value for {{{name}}}."
                    raise BadRequest(detail)
                yield name, quote(value, _SAFE, BYTES)

    def prefix_of(self, path: str) -> str:
        """Return the prefix of a client's path that the service does not see."""
        return "/".join(path.split("/")[: self._stripped + 1])


def _stripped(pattern: PathPattern, target: PathPattern) -> int:
    """Return the number of leading segments that are only removed."""
    removed = pattern.depth - target.depth
    unseen = len(pattern.parameters) - len(target.parameters)
    end = pattern.shape[removed:], pattern.parameters[unseen:]
    same_end = end == (target.shape, target.parameters)
    return removed if removed > 0 and same_end and target.is_prefix else 0


def _moved(values: Mapping[str, str], rest: Sequence[str], target: PathPattern) -> str:
    names = iter(target.parameters)
    moved = [
        values[next(names)] if literal is None else quote(literal, _SAFE, BYTES)
        for literal in target.shape
    ]
    if target.is_prefix:
        moved += rest
    return "/" + "/".join(moved)


def _parameters(segments: Sequence[str], source: PathPattern) -> dict[str, str]:
    positions = (
        position for position, literal in enumerate(source.shape, 1) if literal is None
    )
    return {
        name: segments[position]
        for name, position in zip(source.parameters, positions, strict=True)
    }
