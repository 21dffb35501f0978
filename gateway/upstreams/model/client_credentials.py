"""The grant by which the gateway gets tokens for a service."""

from dataclasses import dataclass

from weir.gateway.transport.oauth_endpoint import OAuthClient


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """The grant "client credentials" at a token endpoint (RFC 6749 §4.4).

    `scopes` and `audience` are requested, unless they are empty.
    """

    client: OAuthClient
    scopes: tuple[str, ...] = ()
    audience: str = ""
