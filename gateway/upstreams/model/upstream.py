"""The seam of the traffic layer: one call to a registered service."""

from typing import Protocol

from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse


class Upstream(Protocol):
    """A registered service as its callers see it."""

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        """Answer within the request's deadline.

        Any HTTP status is an answer; raises an `UpstreamError` where there is none.
        """
        ...
