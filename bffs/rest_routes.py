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


class RestRoutes:
    """The endpoints of one façade, below `prefix`.

    A literal segment wins over a parameter, from the left. HEAD is answered by GET. A
    path is what its template says, to the slash: one resource has one URL.
    """

    def __init__(self, prefix: str, operations: Sequence[StoredOperation]) -> None:
        pairs = [(b, operation) for operation in operations for b in operation.bindings]
        self._routes = sorted(pairs, key=lambda pair: _precedence(pair[0]))
        self._prefix = tuple(prefix.split("/"))[1:]

    def match(self, method: str, path: str) -> RestMatch | None:
        """Return the endpoint of `path` (as it was sent), or None."""
        wanted = "GET" if method == "HEAD" else method
        segments = self._segments(path)
        for binding, operation in self._routes:
            if binding.method == wanted and _fits(binding, segments):
                found = _path_parameters(binding, segments)
                return RestMatch(operation, binding, found)
        return None

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that `path` has, sorted; none: there is no such path."""
        segments = self._segments(path)
        found = {b.method for b, _ in self._routes if _fits(b, segments)}
        if found:
            found |= {"HEAD", "OPTIONS"} if "GET" in found else {"OPTIONS"}
        return tuple(sorted(found))

    def _segments(self, path: str) -> tuple[bytes, ...]:
        """Return the segments below the façade, decoded; none where it is elsewhere.

        Split before they are decoded: %2F is a part of its segment (RFC 3986 §2.2).
        """
        decoded = tuple(unquote_to_bytes(each) for each in path.split("/")[1:])
        above = len(self._prefix)
        elsewhere = decoded[:above] != tuple(each.encode() for each in self._prefix)
        return () if elsewhere else decoded[above:]


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _precedence(binding: RestBinding) -> tuple[tuple[bool, str], ...]:
    return tuple((_is_parameter(s), s) for s in binding.segments)


def _fits(binding: RestBinding, segments: tuple[bytes, ...]) -> bool:
    template = binding.segments
    return len(template) == len(segments) and all(
        given != b"" if _is_parameter(wanted) else wanted.encode() == given
        for wanted, given in zip(template, segments, strict=True)
    )


def _path_parameters(
    binding: RestBinding, segments: tuple[bytes, ...]
) -> tuple[tuple[str, bytes], ...]:
    pairs = zip(binding.segments, segments, strict=True)
    return tuple((s[1:-1], given) for s, given in pairs if _is_parameter(s))
