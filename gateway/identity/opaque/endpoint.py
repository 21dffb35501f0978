"""Calls of an introspection endpoint (RFC 7662 §2)."""

import logging
from typing import Final

from weir.gateway.identity.errors import IssuerUnavailable
from weir.gateway.identity.opaque.policy import IntrospectionPolicy
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.oauth_endpoint import (
    EndpointFailed,
    OAuthClient,
    OAuthEndpoint,
)

_log: Final = logging.getLogger("weir.identity")


class IntrospectionEndpoint:
    """The introspection endpoint of an authorization server."""

    __slots__ = ("_endpoint", "_failure", "_url")

    def __init__(self, policy: IntrospectionPolicy) -> None:
        self._url = policy.url
        self._failure = ""
        self._endpoint = OAuthEndpoint(
            OAuthClient(
                url=policy.url,
                client_id=policy.client_id,
                client_secret=policy.client_secret,
                timeout_s=policy.timeout_s,
            )
        )

    async def introspect(self, token: str) -> tuple[JSONObject, int]:
        """Return the response for a token and its length; raise IssuerUnavailable."""
        form = {"token": token, "token_type_hint": "access_token"}
        try:
            found, length = await self._endpoint.post(form)
        except EndpointFailed as error:
            self._report(str(error))
            raise IssuerUnavailable from error
        if not isinstance(found.get("active"), bool):
            self._report("the response does not have `active`")
            raise IssuerUnavailable
        self._report("")
        return found, length

    async def close(self) -> None:
        """Close the connections."""
        await self._endpoint.close()

    def _report(self, failure: str) -> None:
        """Log a failure when it begins, and its end."""
        if failure == self._failure:
            return
        self._failure = failure
        if failure:
            _log.warning("introspection at %s fails: %s", self._url, failure)
        else:
            _log.warning("introspection at %s works again", self._url)
