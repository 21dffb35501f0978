"""Conditions of routes in the Common Expression Language (CEL).

They see the head of a request, as other conditions do. The caller is not known before
there is a route.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from weir.gateway.cel_source import (
    CelSource,
    Roots,
    read_expression,
    words_of,
)
from weir.gateway.edge.request import RequestHead
from weir.gateway.geography.place import Place, PlaceOf
from weir.gateway.routes.matching.conditions import cookie_values, query_values
from weir.gateway.routes.matching.hosts import host_of
from weir.gateway.routes.matching.path import BYTES, segments_of

_MAX_ITEMS: Final = 256
_REQUEST: Final[Mapping[str, Callable[[RequestHead], object]]] = {
    "cookies": lambda head: _limited(
        "cookies", cookie_values(head.headers.get(b"cookie", b""))
    ),
    "headers": lambda head: _limited("header fields", _headers(head)),
    "host": lambda head: host_of(head.headers.get(b"host", b"")),
    "method": lambda head: head.method,
    "path": lambda head: _text("/".join(segments_of(head.path))),
    "query": lambda head: _limited("query parameters", query_values(head.query)),
}
_OF_THE_URL: Final = frozenset({"host", "method", "path", "query"})
"""The fields that caches have apart already."""
_OF_THE_PLACE: Final[Mapping[str, Callable[[Place], object]]] = {
    "asn": lambda place: place.asn,
    "country": lambda place: place.country,
    "region": lambda place: place.region,
}
_ROOTS: Final[Roots] = {"request": tuple(_REQUEST)}
_ROOTS_AND_PLACE: Final[Roots] = {"request": (*_REQUEST, *_OF_THE_PLACE)}
_SHOWN: Final = 100
"""The number of characters of an expression that a reason shows."""


class _Undecided(Exception):
    """A condition without a result; the message is the reason."""


@dataclass(frozen=True, slots=True)
class CelCondition:
    """An expression that is true for the requests of a route.

    One that has no result, such as for a field that is missing, is not met. Conditions
    with the same `text` are equal.
    """

    text: str
    source: CelSource = field(compare=False, repr=False)
    place_of: PlaceOf | None = field(default=None, compare=False, repr=False)

    @property
    def is_personal(self) -> bool:
        """Whether it reads more of a request than its method and URL."""
        return not _OF_THE_URL.issuperset(self.source.reads.get("request", ()))

    @property
    def words(self) -> tuple[str, ...]:
        """Its texts, numbers and keys, in order."""
        return words_of(self.text, _ROOTS)

    def unmet(self, head: RequestHead) -> str:
        """Return why a request does not meet it, or ""."""
        try:
            result = self._result(head)
        except _Undecided as error:
            return f"{self._shown} cannot be decided: {error}"
        return "" if result else f"{self._shown} is false"

    @property
    def _shown(self) -> str:
        more = "..." if len(self.text) > _SHOWN else ""
        return f"`{self.text[:_SHOWN]}{more}`"

    def _result(self, head: RequestHead) -> bool:
        reads = self.source.reads.get("request", ())
        request = {name: _REQUEST[name](head) for name in reads if name in _REQUEST}
        of_place = [name for name in reads if name in _OF_THE_PLACE]
        if of_place and self.place_of is not None:
            place = self.place_of(head)
            request |= {name: _OF_THE_PLACE[name](place) for name in of_place}
        try:
            result = self.source.program.execute({"request": request})
        except KeyError as error:
            message = f"there is no field {error}; `in` tests for one"
            raise _Undecided(message) from error
        except Exception as error:  # the library has no base for its errors
            raise _Undecided(str(error).partition(":")[0]) from error
        if not isinstance(result, bool):
            message = "the result is not true or false"
            raise _Undecided(message)
        return result


def parse_condition(text: str, place_of: PlaceOf | None = None) -> CelCondition:
    """Compile and check a condition; raise InvalidExpression.

    It may read the place of a client if that can be found.
    """
    roots = _ROOTS if place_of is None else _ROOTS_AND_PLACE
    return CelCondition(text, read_expression(text, roots), place_of)


def _headers(head: RequestHead) -> Mapping[str, str]:
    return {
        name.decode(BYTES): value.decode(BYTES) for name, value in head.headers.items()
    }


def _limited(kind: str, values: Mapping[str, str]) -> Mapping[str, str]:
    if len(values) > _MAX_ITEMS:
        message = f"the request has more than {_MAX_ITEMS} {kind}"
        raise _Undecided(message)
    return values


def _text(value: str) -> str:
    return value.encode(BYTES).decode(errors="replace")
