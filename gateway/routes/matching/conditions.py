"""Conditions of routes on the head of a request."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, TypeAlias
from urllib.parse import parse_qsl

from weir.gateway.edge.request import RequestHead
from weir.gateway.headers import cookies
from weir.gateway.routes.matching.path import BYTES

ANY_VALUE: Final = "*"
"""The expected value of a field that only has to be present."""
_PARSED: Final = 4
"""The queries and cookies that are parsed once for the conditions of all routes."""

Expected: TypeAlias = tuple[tuple[str, str], ...]
"""Names, and the exact value or `ANY_VALUE` of each."""


class Expression(Protocol):
    """A condition in an expression language; those with equal texts are equal."""

    @property
    def text(self) -> str: ...

    @property
    def is_personal(self) -> bool:
        """Whether it reads more of a request than its method and URL."""
        ...

    @property
    def words(self) -> tuple[str, ...]:
        """Its texts, numbers and keys, in order."""
        ...

    def unmet(self, head: RequestHead) -> str:
        """Return why a request does not meet it, or ""."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Fields that a request must have; names of header fields are in lower case.

    An `expression` is evaluated if all fields are as expected.

    Of a parameter or cookie that is repeated, the first counts. Lines of a repeated
    header field are combined.
    """

    headers: Expected = ()
    query: Expected = ()
    cookies: Expected = ()
    expression: Expression | None = None

    def __bool__(self) -> bool:
        fields = self.headers or self.query or self.cookies
        return bool(fields or self.expression)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the expected fields, such as `header x-beta`, and `cel`.

        Values and expressions may have secrets.
        """
        kinds = (
            ("header", self.headers),
            ("query", self.query),
            ("cookie", self.cookies),
        )
        fields = (f"{kind} {name}" for kind, expected in kinds for name, _ in expected)
        return (*fields, "cel") if self.expression is not None else tuple(fields)

    @property
    def selecting(self) -> frozenset[bytes]:
        """The header fields, in lower case, whose values the conditions expect."""
        fields = frozenset(name.encode() for name, _ in self.headers)
        return fields | {b"cookie"} if self.cookies else fields

    @property
    def is_personal(self) -> bool:
        """Whether the expression reads more of a request than its method and URL."""
        return self.expression is not None and self.expression.is_personal

    def implies(self, other: "Conditions") -> bool:
        """Return whether each request that meets these also meets `other`."""
        return (
            _implies(self.headers, other.headers)
            and _implies(self.query, other.query)
            and _implies(self.cookies, other.cookies)
            and other.expression in (None, self.expression)
        )

    def unmet(self, head: RequestHead) -> str:
        """Return the first condition that `head` does not meet, or ""."""
        return next(self._all_unmet(head), "")

    def _all_unmet(self, head: RequestHead) -> Iterator[str]:
        fields = head.headers
        sent = {
            name: fields[name.encode()].decode(BYTES)
            for name, _ in self.headers
            if name.encode() in fields
        }
        yield from _lacking("header", self.headers, sent)
        if self.query:
            query = query_values(head.query)
            yield from _lacking("query parameter", self.query, query)
        if self.cookies:
            sent_cookies = cookie_values(fields.get(b"cookie", b""))
            yield from _lacking("cookie", self.cookies, sent_cookies)
        if self.expression is not None and (reason := self.expression.unmet(head)):
            yield reason


def _lacking(kind: str, expected: Expected, sent: Mapping[str, str]) -> Iterator[str]:
    for name, value in expected:
        if name not in sent:
            yield f"the request has no {kind} {name!r}"
        elif value not in (ANY_VALUE, sent[name]):
            yield f"the {kind} {name!r} is {sent[name]!r}, not {value!r}"


def _implies(one: Expected, other: Expected) -> bool:
    found = dict(one)
    return all(
        name in found and value in (ANY_VALUE, found[name]) for name, value in other
    )


@lru_cache(_PARSED)
def query_values(query: str) -> Mapping[str, str]:
    """Return the first value of each query parameter."""
    return _first_values(parse_qsl(query, keep_blank_values=True))


@lru_cache(_PARSED)
def cookie_values(field: bytes) -> Mapping[str, str]:
    """Return the first value of each cookie in a Cookie field."""
    return _first_values(
        (name.decode(BYTES), value.decode(BYTES)) for name, value in cookies(field)
    )


def _first_values(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    return values
