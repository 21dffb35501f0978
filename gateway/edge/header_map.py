"""The header fields of a message by name, with repeated lines combined."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from weir.gateway.errors import BadRequest, Fault

HeaderMap: TypeAlias = Mapping[bytes, bytes]
"""Field values by lower-case name; the lines of a name are combined."""

SINGLETONS: Final = frozenset(
    {
        b"access-control-request-method",
        b"authorization",
        b"content-length",
        b"content-location",
        b"content-range",
        b"content-type",
        b"date",
        b"from",
        b"host",
        b"idempotency-key",
        b"if-modified-since",
        b"if-range",
        b"if-unmodified-since",
        b"last-event-id",
        b"max-forwards",
        b"origin",
        b"proxy-authorization",
        b"range",
        b"referer",
        b"sec-websocket-key",
        b"user-agent",
    }
)
"""Request fields whose grammar is not a list, and which must not be repeated.

`traceparent` is not one of them: by https://www.w3.org/TR/trace-context/ a malformed
value is ignored, and a list of two is malformed.
"""
_SEPARATORS: Final = {b"cookie": b"; "}
"""The separators of combined lines other than a comma (RFC 9113 §8.2.3)."""


class RepeatedField(
    BadRequest,
    code="HEADER_REPEATED",
    fault=Fault.CLIENT,
    status=400,
    title="A header field is repeated whose value is not a list.",
):
    """A repeated field whose grammar allows one value."""

    def __init__(self, name: bytes) -> None:
        super().__init__(f"The header field {name.decode('latin-1')!r} is repeated.")


def header_map(lines: Iterable[tuple[bytes, bytes]]) -> HeaderMap:
    """Return the fields of `lines`; raise RepeatedField for a repeated singleton.

    The names in `lines` are in lower case.
    RFC 9110 §5.3: lines of the same name combine "by appending each subsequent field
    line value to the initial field line value in order, separated by a comma".
    """
    lines = tuple(lines)
    fields = dict(lines)
    return fields if len(fields) == len(lines) else _joined(lines)


def _joined(lines: Iterable[tuple[bytes, bytes]]) -> HeaderMap:
    values: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        values.setdefault(name, []).append(value)
    for name, several in values.items():
        if len(several) > 1 and name in SINGLETONS:
            raise RepeatedField(name)
    return {
        name: _SEPARATORS.get(name, b", ").join(several)
        for name, several in values.items()
    }
