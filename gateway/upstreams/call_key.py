"""What makes two calls the same call.

All that an upstream is sent, but for the fields that differ with every request and
say nothing of what is asked: its id, its trace, and the way it came. So an answer is
shared only between calls that the upstream could not tell apart by what it is meant
to act upon, and within one partition.
"""

from typing import Final, TypeAlias

from gateway.headers import Headers
from gateway.upstreams.call import UpstreamRequest

CallKey: TypeAlias = tuple[str, str, str, bytes, Headers]

PER_REQUEST: Final = frozenset(
    {
        b"x-request-id",
        b"x-correlation-id",
        b"traceparent",
        b"tracestate",
        b"baggage",
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
        b"x-real-ip",
    }
)


def call_key(request: UpstreamRequest, forwarded: Headers) -> CallKey:
    """Return what is equal for calls that may share an answer."""
    headers = request.headers + tuple(
        [line for line in forwarded if line[0] not in PER_REQUEST]
    )
    return (request.partition, request.method, request.path, request.body, headers)
