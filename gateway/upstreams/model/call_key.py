"""Keys of calls: two calls with equal keys may share one response.

A key contains all that is sent to the service, except for fields that differ with each
request and do not select a response: the request's id, its trace, and the address of
the client. A service whose response depends on the address must declare this, by
`Vary: X-Forwarded-For` or `private`. Baggage may name the user, so that it is a part.
"""

from collections.abc import Collection
from typing import Final, TypeAlias

from weir.gateway.headers import Headers
from weir.gateway.trace_parent import B3_FIELDS
from weir.gateway.transport.message import UpstreamRequest

CallKey: TypeAlias = tuple[str, str, str, bytes, Headers]

CREDENTIALS: Final = frozenset({b"authorization", b"cookie", b"proxy-authorization"})
"""Fields that identify a caller; RFC 9111 §3.5 is about the first."""

PER_REQUEST: Final = frozenset(
    {
        b"x-request-id",
        b"x-correlation-id",
        b"traceparent",
        b"tracestate",
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-real-ip",
        *B3_FIELDS,
    }
)
"""Forwarded fields that do not select a response."""

SELECTING: Final = frozenset(
    {b"x-client-type", b"x-forwarded-host", b"x-forwarded-proto"}
)
"""Forwarded fields that select a response, and do not distinguish callers."""

IMPERSONAL: Final = PER_REQUEST | SELECTING
"""Forwarded fields that do not distinguish callers."""


def call_key(request: UpstreamRequest, forwarded: Headers) -> CallKey:
    """Return a key that is equal for calls that may share a response."""
    headers = request.headers + tuple(
        [line for line in forwarded if line[0] not in PER_REQUEST]
    )
    target = request.authority + request.path
    return (request.partition, request.method, target, request.body, headers)


def names_caller(
    partition: str,
    own: Headers,
    forwarded: Headers,
    declared: Collection[bytes] = (),
) -> bool:
    """Return whether a request contains anything that distinguishes callers.

    This is an identity, credentials, or a forwarded field of the client that is not
    `declared`. The fields that a response lists in Vary are declared.
    """
    names = dict(forwarded).keys()
    if partition or not CREDENTIALS.isdisjoint([*names, *dict(own)]):
        return True
    return bool((names - IMPERSONAL).difference(declared))
