"""The endpoint with the same response to every request."""

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.headers import Headers


class FixedEndpoint(ProblemRenderer):
    """Responds from the configuration, for example during maintenance."""

    __slots__ = ("_response",)

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__()
        self._response = Response(status=status, headers=headers, body=body)

    async def respond(
        self,
        request: Request,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return self._response
