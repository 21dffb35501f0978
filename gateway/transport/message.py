"""A request to an upstream, and its response."""

from msgspec import Struct

from weir.gateway.headers import Headers


class UpstreamRequest(Struct, frozen=True, kw_only=True):
    """A request to an upstream.

    `path` is the request target: an absolute path with its query. The caller sets
    `safe`, which is not derived from the method: only safe calls are retried, hedged,
    coalesced or cached. `deadline_s` is monotonic. `endpoint` is a label for metrics
    with bounded cardinality, a template such as "GET /users/{id}". `operation` is the
    name of the operation, if it has one: a policy may have overrides for it.
    `parent_id` is the span of the call's parent, if it is not that of the client's
    request. These are not sent. `authority` is the host that the service sees, if it is
    not that of the instance. `length` is that of a streamed body, if it is known.
    `upgrade` is the protocol to switch to, if the service agrees. With `of_client`, the
    header fields are those of a client: a response that is not `public` is for equal
    fields only, and one that sets a cookie for one client. With
    `stored_within_s`, only the cache responds, with a response that expired at most
    that many seconds ago, or with 504.
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
    parent_id: str = ""
    authority: str = ""
    length: int | None = None
    upgrade: str = ""
    of_client: bool = False
    stored_within_s: float | None = None


class UpstreamResponse(Struct, frozen=True, kw_only=True):
    """A complete, decoded response of an upstream, and the instance it is from.

    `of_client` are the fields of the client that were sent for it. `max_parts` are the
    names and values that its JSON may have, if more than usual (see `json_reply`).
    """

    status: int
    headers: Headers
    body: bytes
    instance: str = ""
    of_client: Headers = ()
    max_parts: int = 0
