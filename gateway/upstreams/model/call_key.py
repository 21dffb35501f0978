"""The identity of a call: everything by which a service may tell two calls apart.

Two calls with equal keys may share one response. The key holds what the service is
sent, apart from the fields that differ with each request and do not select a response:
its id, its trace, and the address that it came from. A service that responds by the
address has to say so (`Vary: X-Forwarded-For`, or `private`).
"""

from collections.abc import Collection
from typing import Final, TypeAlias

from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest

CallKey: TypeAlias = tuple[str, str, str, bytes, Headers]

CREDENTIALS: Final = frozenset({b"authorization", b"cookie", b"proxy-authorization"})
"""Fields that name a caller; RFC 9111 section 3.5 is about the first."""

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
    }
)
"""Forwarded fields by which a service does not select its response."""

_OF_THE_GATEWAY: Final = frozenset(
    {b"x-client-type", b"x-forwarded-host", b"x-forwarded-proto"}
)
_EXPECTED: Final = PER_REQUEST | _OF_THE_GATEWAY


def call_key(request: UpstreamRequest, forwarded: Headers) -> CallKey:
    """Return a key that is equal for calls that may share a response."""
    headers = request.headers + tuple(
        [line for line in forwarded if line[0] not in PER_REQUEST]
    )
    return (request.partition, request.method, request.path, request.body, headers)


def names_caller(
    partition: str,
    own: Headers,
    forwarded: Headers,
    declared: Collection[bytes] = (),
) -> bool:
    """Return whether a request holds anything that tells callers apart.

    That is an identity, credentials, or a field of the client that is forwarded and is
    not `declared`, as the fields are that a response names in Vary.
    """
    names = dict(forwarded).keys()
    if partition or not CREDENTIALS.isdisjoint([*names, *dict(own)]):
        return True
    return bool((names - _EXPECTED).difference(declared))
