"""Which stored operation an HTTP method and path mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from bffs.operations import RestBinding, StoredOperation


@dataclass(frozen=True, slots=True)
class RestMatch:
    """A bound operation and the path's parameters, without their percent-encoding."""

    operation: StoredOperation
    binding: RestBinding
    path_parameters: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class _Route:
    """An endpoint; of its template's segments, None is a parameter."""

    template: tuple[bytes | None, ...]
    binding: RestBinding
    operation: StoredOperation

    def fits(self, segments: tuple[bytes, ...]) -> bool:
        return len(self.template) == len(segments) and all(
            given != b"" if wanted is None else given == wanted
            for wanted, given in zip(self.template, segments, strict=True)
        )

    def match(self, segments: tuple[bytes, ...]) -> RestMatch:
        pairs = zip(self.template, segments, strict=True)
        given = (segment for wanted, segment in pairs if wanted is None)
        parameters = tuple(zip(self.binding.parameters, given, strict=True))
        return RestMatch(self.operation, self.binding, parameters)


class RestRoutes:
    """The endpoints of one façade, below `prefix`.

    A literal segment wins over a parameter, from the left. HEAD is answered by GET. A
    path is what its template says, to the slash: one resource has one URL.
    """

    def __init__(self, prefix: str, operations: Sequence[StoredOperation]) -> None:
        routes = [
            _Route(_template(binding), binding, operation)
            for operation in operations
            for binding in operation.bindings
        ]
        self._routes = tuple(sorted(routes, key=lambda each: _precedence(each.binding)))
        self._prefix = tuple(each.encode() for each in prefix.split("/")[1:])

    def match(self, method: str, path: str) -> RestMatch | None:
        """Return the endpoint of `path` (as it was sent), or None."""
        wanted = "GET" if method == "HEAD" else method
        segments = self._segments(path)
        for route in self._routes:
            if route.binding.method == wanted and route.fits(segments):
                return route.match(segments)
        return None

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that `path` has, sorted; none: there is no such path."""
        segments = self._segments(path)
        found = {each.binding.method for each in self._routes if each.fits(segments)}
        if found:
            found |= {"HEAD", "OPTIONS"} if "GET" in found else {"OPTIONS"}
        return tuple(sorted(found))

    def _segments(self, path: str) -> tuple[bytes, ...]:
        """Return the segments below the façade, decoded; none where it is elsewhere.

        Split before they are decoded: %2F is a part of its segment (RFC 3986 §2.2).
        """
        decoded = tuple(unquote_to_bytes(each) for each in path.split("/")[1:])
        above = len(self._prefix)
        return decoded[above:] if decoded[:above] == self._prefix else ()


def _template(binding: RestBinding) -> tuple[bytes | None, ...]:
    return tuple(None if _is_parameter(s) else s.encode() for s in binding.segments)


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _precedence(binding: RestBinding) -> tuple[tuple[bool, str], ...]:
    return tuple((_is_parameter(s), s) for s in binding.segments)
