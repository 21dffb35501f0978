"""A request to an upstream, and its response."""

from weir.gateway.headers import Headers
from weir.gateway.values import value


@value(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """What is asked of an upstream.

    `path` is the request target: an absolute path with its query. `safe` is said by
    the caller (nothing guesses it from the method): only safe calls are repeated,
    hedged, coalesced or cached. `deadline_s` is monotonic. `endpoint` is a bounded
    metric label, a template such as "GET /users/{id}". `operation` says more closely
    what the call is for, where that has a name, and `caller` on whose behalf it is
    made: a policy may have exceptions for either. `parent_id` is the span that the
    call belongs to, if it is not the one of the client's request. These are not sent.
    """

    method: str
    path: str
    safe: bool
    deadline_s: float
    endpoint: str
    headers: Headers = ()
    body: bytes = b""
    partition: str = ""
    operation: str = ""
    caller: str = ""
    parent_id: str = ""


@value(frozen=True, slots=True, kw_only=True)
class UpstreamResponse:
    """What an upstream answered: whole, decoded, from the instance named."""

    status: int
    headers: Headers
    body: bytes
    instance: str = ""
