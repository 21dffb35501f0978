"""Which stored operation an HTTP method and path mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from bffs.operations import RestBinding, StoredOperation


@dataclass(frozen=True, slots=True)
class RestMatch:
    """A bound operation and the path's parameters, as text."""

    operation: StoredOperation
    binding: RestBinding
    path_parameters: tuple[tuple[str, str], ...]


class RestRoutes:
    """The endpoints of one façade.

    A literal segment wins over a parameter, from the left. HEAD is answered by GET.
    """

    def __init__(self, operations: Sequence[StoredOperation]) -> None:
        pairs = [(b, operation) for operation in operations for b in operation.bindings]
        self._routes = sorted(pairs, key=lambda pair: _precedence(pair[0]))

    def match(self, method: str, path: str) -> RestMatch | None:
        """Return the endpoint of `path` (below the façade), or None."""
        wanted = "GET" if method == "HEAD" else method
        segments = tuple(path.strip("/").split("/"))
        for binding, operation in self._routes:
            if binding.method == wanted and _fits(binding, segments):
                found = _path_parameters(binding, segments)
                return RestMatch(operation, binding, found)
        return None

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that `path` has, sorted; none: there is no such path."""
        segments = tuple(path.strip("/").split("/"))
        found = {b.method for b, _ in self._routes if _fits(b, segments)}
        return tuple(sorted(found | {"HEAD"} if "GET" in found else found))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _precedence(binding: RestBinding) -> tuple[tuple[bool, str], ...]:
    return tuple((_is_parameter(s), s) for s in binding.segments)


def _fits(binding: RestBinding, segments: tuple[str, ...]) -> bool:
    template = binding.segments
    return len(template) == len(segments) and all(
        (_is_parameter(wanted) and given != "") or wanted == given
        for wanted, given in zip(template, segments, strict=True)
    )


def _path_parameters(
    binding: RestBinding, segments: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = zip(binding.segments, segments, strict=True)
    return tuple((s[1:-1], unquote(v)) for s, v in pairs if _is_parameter(s))
