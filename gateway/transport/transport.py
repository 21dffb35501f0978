"""The seam to one instance: a request goes out, an answer comes back."""

from typing import Protocol

from gateway.headers import Headers
from gateway.upstreams.call import UpstreamRequest, UpstreamResponse


class Transport(Protocol):
    """Speaks with one instance of an upstream."""

    async def call(
        self, request: UpstreamRequest, headers: Headers, deadline_s: float
    ) -> UpstreamResponse:
        """Exchange `request`, sent with exactly these `headers`, by `deadline_s`.

        `deadline_s` is monotonic and takes the place of the request's own. Any
        status is an answer; raises an `UpstreamError` where there is none. Nothing
        is repeated, unless a safe request met a pooled connection that its peer was
        closing.
        """
        ...

    async def close(self) -> None:
        """Let go of what is idle; exchanges in flight end by themselves."""
        ...
