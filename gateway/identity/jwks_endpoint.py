"""The endpoint with the public keys of the gateway, for services that verify tokens."""

from typing import Final

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer

MAX_AGE_S: Final = 300
"""Services may use the keys for this time. A new key is published earlier than used."""


class JwksEndpoint(ProblemRenderer):
    """Responds with a JWK Set (RFC 7517 §8.5.2)."""

    __slots__ = ("_document",)

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self._document = document

    async def respond(
        self,
        request: Request,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return Response(
            status=200,
            headers=(
                (b"content-type", b"application/jwk-set+json"),
                (b"cache-control", b"public, max-age=%d" % MAX_AGE_S),
            ),
            body=self._document,
        )
