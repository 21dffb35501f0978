"""Calls of an introspection endpoint (RFC 7662 §2), within bounds."""

import asyncio
import logging
from typing import Final

import httpx
import orjson

from weir.gateway.content_decoding import CodingError
from weir.gateway.identity.errors import IssuerUnavailable
from weir.gateway.identity.opaque.policy import IntrospectionPolicy
from weir.gateway.json_types import JSONObject, is_object
from weir.gateway.transport.bounded_body import read_body

_log: Final = logging.getLogger("weir.identity")
_MAX_BYTES: Final = 64 * 1024
_CONNECTIONS: Final = 20
_OK: Final = 200


class IntrospectionEndpoint:
    """The introspection endpoint of an authorization server."""

    __slots__ = ("_client", "_failure", "_policy")

    def __init__(self, policy: IntrospectionPolicy) -> None:
        self._policy = policy
        self._failure = ""
        self._client = httpx.AsyncClient(
            # RFC 6749 §2.3.1: both parts are encoded before they are joined.
            auth=httpx.BasicAuth(
                _form_encoded(policy.client_id), _form_encoded(policy.client_secret)
            ),
            timeout=policy.timeout_s,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=_CONNECTIONS),
        )

    async def introspect(self, token: str) -> tuple[JSONObject, int]:
        """Return the response for a token and its length; raise IssuerUnavailable."""
        try:
            async with asyncio.timeout(self._policy.timeout_s):
                return self._read(*await self._post(token))
        except (httpx.HTTPError, TimeoutError, CodingError, ValueError) as error:
            self._report(str(error) or type(error).__name__)
            raise IssuerUnavailable from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _post(self, token: str) -> tuple[int, bytes]:
        async with self._client.stream(
            "POST",
            self._policy.url,
            data={"token": token, "token_type_hint": "access_token"},
            headers={"accept": "application/json"},
        ) as response:
            return response.status_code, await read_body(response, _MAX_BYTES)

    def _read(self, status: int, content: bytes) -> tuple[JSONObject, int]:
        if status != _OK:
            message = f"the response has the status {status}"
            raise ValueError(message)
        found = orjson.loads(content)
        if not is_object(found) or not isinstance(found.get("active"), bool):
            message = "the response is not a JSON object with `active`"
            raise ValueError(message)
        self._report("")
        return found, len(content)

    def _report(self, failure: str) -> None:
        """Log a failure when it begins, and its end."""
        if failure == self._failure:
            return
        self._failure = failure
        if failure:
            _log.warning("introspection at %s fails: %s", self._policy.url, failure)
        else:
            _log.warning("introspection at %s works again", self._policy.url)


def _form_encoded(text: str) -> str:
    return str(httpx.QueryParams({"": text}))[1:]
