"""The endpoint with the OpenAPI document of a façade."""

from weir.bffs.facades.http.cache_headers import etag
from weir.gateway.edge.builtin import FixedEndpoint
from weir.gateway.edge.response import Response


def openapi_endpoint(document: bytes) -> FixedEndpoint:
    """Return the endpoint of a document, which caches validate before each use."""
    return FixedEndpoint(
        Response(
            status=200,
            headers=(
                (b"content-type", b"application/vnd.oai.openapi+json;version=3.1"),
                (b"cache-control", b"no-cache"),
                (b"etag", etag(document)),
            ),
            body=document,
        )
    )
