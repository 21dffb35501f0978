"""The endpoints with the OpenAPI document of a façade, as JSON and as YAML."""

from weir.bffs.facades.openapi.serialization import as_json, as_yaml
from weir.gateway.edge.builtin import FixedEndpoint
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.entity_tag import etag
from weir.gateway.json_types import JSONObject


def json_endpoint(document: JSONObject) -> FixedEndpoint:
    """Return the endpoint of a document as JSON."""
    content_type = b"application/vnd.oai.openapi+json;version=3.1"
    return _fixed(as_json(document), content_type)


def yaml_endpoint(document: JSONObject) -> FixedEndpoint:
    """Return the endpoint of a document as YAML."""
    return _fixed(as_yaml(document), b"application/yaml")  # RFC 9512


def _fixed(body: bytes, content_type: bytes) -> FixedEndpoint:
    """Return an endpoint whose response caches validate before each use."""
    return FixedEndpoint(
        Response(
            status=200,
            headers=(
                (b"content-type", content_type),
                (b"cache-control", b"no-cache"),
                (b"etag", etag(body)),
            ),
            body=body,
        )
    )
