"""The endpoint that redirects to another URL."""

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.errors import BadRequest
from weir.gateway.routes.rewrite import AUTHORITY_LIKE, PathRewrite
from weir.gateway.routes.traversal import check_path


class RedirectEndpoint(ProblemRenderer):
    """A redirect to `origin`, which may be empty, and the rewritten path.

    The query is that of the request, unless `query` replaces it.
    """

    __slots__ = ("_origin", "_query", "_rewrite", "_status")

    def __init__(
        self, status: int, origin: str, rewrite: PathRewrite, query: str = ""
    ) -> None:
        super().__init__()
        self._status = status
        self._origin = origin
        self._rewrite = rewrite
        self._query = query

    async def respond(
        self,
        request: Request,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        """Return the redirect; raise BadRequest for a path that may lead elsewhere."""
        head = request.head
        check_path(head.path)
        path = self._rewrite.forward(head.path)
        if not self._origin and path.startswith(AUTHORITY_LIKE):
            detail = "The redirect would lead to another host."
            raise BadRequest(detail)
        query = self._query or head.query
        location = f"{self._origin}{path}{'?' if query else ''}{query}"
        return Response(
            status=self._status, headers=((b"location", location.encode()),), body=b""
        )
