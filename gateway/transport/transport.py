"""The seam to one instance: a request goes out, an answer comes back."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Protocol

from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse


class ResponseStream(Protocol):
    """An answer on its way; to be iterated over once, and closed in any case."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers:
        """The fields as they came; the body is not decoded."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None:
        """End the exchange, also in its middle; may be called again."""
        ...


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

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        """Begin an exchange whose bodies flow; return once the answer's head is there.

        `body` takes the place of the request's. `deadline_s` is for the head; after
        it, the policy's `idle_s` bounds each silence. Nothing is repeated.
        """
        ...

    async def close(self) -> None:
        """Let go of what is idle; exchanges in flight end by themselves."""
        ...
