"""The validation of the requests of one route: their operation, and its rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl

from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import MethodNotAllowed, NotFound
from weir.gateway.headers import cgi_name, cookies
from weir.gateway.routes.matching.path import BYTES, segments_of
from weir.gateway.routes.matching.template import Shape, parameter_texts
from weir.gateway.routes.matching.trie import Node
from weir.gateway.routes.validation.operation import DescribedOperation, Operation
from weir.gateway.routes.validation.parameter import Texts
from weir.gateway.routes.violation import Place, Violation

Mode: TypeAlias = Literal["enforce", "measure", "off"]
"""Whether a violation rejects a request, is only logged, or is not looked for."""

_SHOWN = 200
"""The number of characters of a path that an error shows."""


@dataclass(frozen=True, slots=True)
class FoundOperation:
    """The operation of a request, and the shape of its path."""

    operation: Operation
    shape: Shape
    parameters: tuple[str, ...]


class OperationIndex:
    """The operations of a document, by path and method.

    `service_path` returns the path that the service gets. Without `rejects_unknown`,
    requests without an operation pass.
    """

    __slots__ = ("_rejects_unknown", "_root", "_service_path")

    def __init__(
        self,
        operations: Iterable[DescribedOperation],
        service_path: Callable[[str], str],
        *,
        rejects_unknown: bool,
    ) -> None:
        self._root: Node[dict[str, FoundOperation], None] = Node()
        self._service_path = service_path
        self._rejects_unknown = rejects_unknown
        for each in operations:
            node = self._root.at(each.template.shape)
            if node.end is None:
                node.end = {}
            node.end[each.method] = FoundOperation(
                each.operation, each.template.shape, each.template.parameters
            )

    def find(self, head: RequestHead) -> tuple[FoundOperation | None, Sequence[str]]:
        """Return the operation of a request, and the segments of its path.

        Raise NotFound or MethodNotAllowed if the document has no such operation.
        """
        segments = segments_of(self._service_path(head.path))
        allowed: set[str] = set()
        for methods in self._root.ends(segments):
            found = methods.get(head.method)
            if found is None and head.method == "HEAD":
                found = methods.get("GET")
            if found is not None:
                return found, segments
            allowed.update(methods)
        if not self._rejects_unknown or (allowed and head.method == "OPTIONS"):
            return None, segments
        if allowed:
            raise MethodNotAllowed(head.method, tuple(sorted(allowed)))
        message = f"There is no operation at {head.path[:_SHOWN]!r}."
        raise NotFound(message)


@dataclass(frozen=True, slots=True)
class OneOperation:
    """The operation of all requests of a route."""

    found: FoundOperation

    def find(self, head: RequestHead) -> tuple[FoundOperation, Sequence[str]]:
        """Return the operation, and the segments of the path."""
        return self.found, segments_of(head.path)


@dataclass(frozen=True, slots=True)
class Validation:
    """The operations of a route, the mode of each part, and the largest body."""

    operations: OperationIndex | OneOperation
    modes: Mapping[Place, Mode]
    max_bytes: int

    def violations(
        self, found: FoundOperation, segments: Sequence[str], head: RequestHead
    ) -> tuple[Violation, ...]:
        """Return the violations of the parameters of a request."""
        operation = found.operation
        texts: dict[Place, Texts] = {
            place: dict(self._texts(place, found, segments, head))
            for place in ("path", "query", "header", "cookie")
            if operation.uses(place)
        }
        violations = operation.violations(texts)
        return tuple(each for each in violations if self.modes[each.place] != "off")

    def _texts(
        self,
        place: Place,
        found: FoundOperation,
        segments: Sequence[str],
        head: RequestHead,
    ) -> Iterator[tuple[str, Sequence[str]]]:
        match place:
            case "path":
                texts = parameter_texts(found.shape, segments[1:])
                for name, text in zip(found.parameters, texts, strict=False):
                    yield name, [text]
            case "query":
                yield from _grouped(parse_qsl(head.query, keep_blank_values=True))
            case "header":
                lines = head.headers.items()
                yield from _grouped(
                    (cgi_name(n).decode(BYTES), v.decode(BYTES)) for n, v in lines
                )
            case _:
                sent = cookies(head.headers.get(b"cookie", b""))
                yield from _grouped((n.decode(BYTES), v.decode(BYTES)) for n, v in sent)


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        grouped[name].append(value)
    yield from grouped.items()
