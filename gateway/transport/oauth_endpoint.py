"""An endpoint of an authorization server, called by the gateway as its client."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus

import orjson

from weir.gateway.content_decoding import CodingError
from weir.gateway.json_types import JSONObject, JSONValue, is_object
from weir.gateway.transport.bounded_body import read_body

_MAX_BYTES: Final = 64 * 1024
_CONNECTIONS: Final = 20
_OK: Final = 200


class EndpointFailed(Exception):
    """A call without a usable response; the message is the reason, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """The URL of an endpoint, and the gateway's own credentials for it."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    timeout_s: float = 2.0


class OAuthEndpoint:
    """The endpoint of `client`, called by forms and with HTTP Basic."""

    __slots__ = ("_client", "_http")

    def __init__(self, client: OAuthClient) -> None:
        import httpx  # noqa: PLC0415 - most gateways call no such endpoint

        self._client = client
        self._http = httpx.AsyncClient(
            # RFC 6749 §2.3.1: both parts are encoded before they are joined.
            auth=httpx.BasicAuth(
                quote_plus(client.client_id), quote_plus(client.client_secret)
            ),
            timeout=client.timeout_s,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=_CONNECTIONS),
        )

    async def post(self, form: Mapping[str, str]) -> tuple[JSONObject, int]:
        """Return the JSON object of a response, and its length in bytes.

        Raise EndpointFailed.
        """
        import httpx  # noqa: PLC0415 - see `__init__`

        try:
            async with asyncio.timeout(self._client.timeout_s):
                status, content = await self._post(form)
            return _read(status, content), len(content)
        except TimeoutError as error:
            message = f"no response within {self._client.timeout_s:g} s"
            raise EndpointFailed(message) from error
        except (httpx.HTTPError, CodingError, ValueError) as error:
            raise EndpointFailed(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post(self, form: Mapping[str, str]) -> tuple[int, bytes]:
        async with self._http.stream(
            "POST",
            self._client.url,
            data=dict(form),
            headers={"accept": "application/json"},
        ) as response:
            return response.status_code, await read_body(response, _MAX_BYTES)


def _read(status: int, content: bytes) -> JSONObject:
    if status != _OK:
        message = f"the response has the status {status}{_reason(content)}"
        raise ValueError(message)
    found = _json(content)
    if not is_object(found):
        message = "the response is not a JSON object"
        raise ValueError(message)
    return found


def _json(content: bytes) -> JSONValue:
    """Return the value of a text, or None if it is not JSON."""
    try:
        value: JSONValue = orjson.loads(content)
    except ValueError:
        return None
    return value


def _reason(content: bytes) -> str:
    """Return the code of an error (RFC 6749 §5.2), to be appended to a message."""
    found = _json(content)
    code = found.get("error") if is_object(found) else None
    is_code = isinstance(code, str) and code.isascii() and code.isidentifier()
    return f" and the error {code}" if is_code else ""
