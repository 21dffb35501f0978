"""Conditions of routes on header fields, query parameters and cookies."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.path import BYTES

ANY_VALUE: Final = "*"
"""The expected value of a field that only has to be present."""

Expected: TypeAlias = tuple[tuple[str, str], ...]
"""Names, and the exact value or `ANY_VALUE` of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Fields that a request must have; names of header fields are in lower case.

    Of a parameter or cookie that is repeated, the first counts. Lines of a repeated
    header field are combined.
    """

    headers: Expected = ()
    query: Expected = ()
    cookies: Expected = ()

    def __bool__(self) -> bool:
        return bool(self.headers or self.query or self.cookies)

    def implies(self, other: "Conditions") -> bool:
        """Return whether each request that meets these also meets `other`."""
        return (
            _implies(self.headers, other.headers)
            and _implies(self.query, other.query)
            and _implies(self.cookies, other.cookies)
        )

    def unmet(self, head: RequestHead) -> str:
        """Return the first condition that `head` does not meet, or ""."""
        for name, value in self.headers:
            sent = head.headers.get(name.encode())
            if not _fits(value, None if sent is None else sent.decode(BYTES)):
                return f"header {name}: {value}"
        if self.query:
            query = _first(parse_qsl(head.query, keep_blank_values=True))
            for name, value in self.query:
                if not _fits(value, query.get(name)):
                    return f"query {name}={value}"
        if self.cookies:
            cookies = _first(_cookies(head.headers.get(b"cookie", b"")))
            for name, value in self.cookies:
                if not _fits(value, cookies.get(name)):
                    return f"cookie {name}={value}"
        return ""


def _fits(expected: str, sent: str | None) -> bool:
    return sent is not None and expected in (ANY_VALUE, sent)


def _implies(one: Expected, other: Expected) -> bool:
    found = dict(one)
    return all(
        name in found and value in (ANY_VALUE, found[name]) for name, value in other
    )


def _first(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    return values


def _cookies(field: bytes) -> Iterable[tuple[str, str]]:
    """Yield the cookies of a Cookie field (RFC 6265 §4.2.1)."""
    for pair in field.decode(BYTES).split(";"):
        name, separator, value = pair.strip().partition("=")
        if separator:
            yield name, value
