"""Changes of header fields and of query parameters.

remove -> rename -> set -> add
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import BadRequest
from weir.gateway.headers import Headers, cgi_name
from weir.gateway.routes.matching.path import BYTES
from weir.gateway.routes.value_template import ValueTemplate

_VALUE: Final = re.compile(rb"[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*"
                           rb"[\x21-\x7e\x80-\xff])?|")  # fmt: skip
"""RFC 9110 §5.5: no line breaks, and no spaces at the ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChanges:
    """Changes by name; names of header fields are in lower case.

    A value that the request lacks is not added. A name with `set` never has the value
    of the client, even then. A renamed field replaces one of its new name.
    """

    remove: frozenset[str] = frozenset()
    rename: tuple[tuple[str, str], ...] = ()
    set: tuple[tuple[str, ValueTemplate], ...] = ()
    add: tuple[tuple[str, ValueTemplate], ...] = ()

    @property
    def gone(self) -> frozenset[str]:
        """The names whose fields do not remain."""
        given = (name for name, _ in self.set)
        return self.remove.union(given, (new for _, new in self.rename))

    def __bool__(self) -> bool:
        return bool(self.remove or self.rename or self.set or self.add)


class HeaderChanges:
    """Changes of header fields.

    A field whose name has `_` in place of `-` is treated as the other.
    """

    __slots__ = ("_add", "_gone", "_names")

    def __init__(self, changes: FieldChanges) -> None:
        self._gone = frozenset(cgi_name(name.encode()) for name in changes.gone)
        self._names = {
            cgi_name(old.encode()): new.encode() for old, new in changes.rename
        }
        self._add = tuple(
            (name.encode(), value) for name, value in (*changes.set, *changes.add)
        )

    def changed(
        self, fields: Headers, head: RequestHead, context: RequestContext
    ) -> Headers:
        """Return the changed fields.

        Raise BadRequest for a value that a header field cannot have.
        """
        return (*self.kept(fields), *self._added(head, context))

    def kept(self, fields: Headers) -> Iterator[tuple[bytes, bytes]]:
        """Yield the fields that remain, by their new names, without added ones."""
        for name, value in fields:
            plain = cgi_name(name)
            if plain in self._names:
                yield self._names[plain], value
            elif plain not in self._gone:
                yield name, value

    def _added(
        self, head: RequestHead, context: RequestContext
    ) -> Iterator[tuple[bytes, bytes]]:
        for name, template in self._add:
            value = template.value(head, context)
            if value is not None:
                if not _VALUE.fullmatch(value):
                    text = name.decode()
                    message = f"A value of the request cannot be in the field {text!r}."
                    raise BadRequest(message)
                yield name, value


class QueryChanges:
    """Changes of the parameters of a raw query; others are not changed."""

    __slots__ = ("_add", "_gone", "_names")

    def __init__(self, changes: FieldChanges) -> None:
        self._gone = frozenset(name.encode() for name in changes.gone)
        self._names: Mapping[bytes, str] = {
            old.encode(): quote(new, safe="") for old, new in changes.rename
        }
        self._add = tuple(
            (quote(name, safe=""), value)
            for name, value in (*changes.set, *changes.add)
        )

    def changed(self, head: RequestHead, context: RequestContext) -> str:
        """Return the changed query."""
        return "&".join((*self._kept(head.query), *self._added(head, context)))

    def _kept(self, query: str) -> Iterator[str]:
        for pair in query.split("&") if query else ():
            raw, separator, value = pair.partition("=")
            name = unquote_to_bytes(raw.replace("+", " ").encode(BYTES))
            if name in self._names:
                yield f"{self._names[name]}{separator}{value}"
            elif name not in self._gone:
                yield pair

    def _added(self, head: RequestHead, context: RequestContext) -> Iterator[str]:
        for name, template in self._add:
            value = template.value(head, context)
            if value is not None:
                yield f"{name}={quote_from_bytes(value, safe='')}"
