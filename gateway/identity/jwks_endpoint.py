"""The endpoint with the public keys of the gateway, for services that verify tokens."""

from typing import Final

from weir.gateway.edge.builtin import FixedEndpoint
from weir.gateway.edge.response import Response

MAX_AGE_S: Final = 300
"""Services may use the keys for this time. A new key is published earlier than used."""


def jwks_endpoint(document: bytes) -> FixedEndpoint:
    """Return the endpoint of a JWK Set (RFC 7517 §8.5.2)."""
    return FixedEndpoint(
        Response(
            status=200,
            headers=(
                (b"content-type", b"application/jwk-set+json"),
                (b"cache-control", b"public, max-age=%d" % MAX_AGE_S),
            ),
            body=document,
        )
    )
