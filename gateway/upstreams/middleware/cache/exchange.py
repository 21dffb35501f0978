"""Requests and their responses, as a cache sees them."""

from msgspec import Struct

from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.call_key import CREDENTIALS


class Exchange(Struct, frozen=True, kw_only=True):
    """A request with all its fields, and the response.

    `sent_s` and `received_s` are monotonic, and `received_epoch_s` is the wall clock
    time. `since` is the store's `sequence` when the request was sent.
    """

    request: UpstreamRequest
    headers: Headers
    response: UpstreamResponse
    sent_s: float
    received_s: float
    received_epoch_s: float
    since: int = 0


def has_credentials(headers: Headers) -> bool:
    """Return whether a request has credentials.

    RFC 9111 §3.5 is about Authorization. Cookie is treated in the same way, as many
    services omit it in Vary.
    """
    return not CREDENTIALS.isdisjoint([name for name, _ in headers])
