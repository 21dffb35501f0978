"""Loading the keys of an issuer, from its URLs or from a file, within bounds."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson

from weir.gateway.bounded_file import UnreadableFile, read_file
from weir.gateway.content_decoding import CodingError, DecodedTooLarge
from weir.gateway.identity.errors import (
    IssuerKeysLate,
    IssuerKeysNotJson,
    IssuerKeysTooLarge,
    IssuerKeysUnusable,
    IssuerUnavailable,
)
from weir.gateway.identity.jwt.algorithms import KeysNotJson, UnusableKey
from weir.gateway.identity.jwt.keys import KeySet, read_jwks, read_key_file
from weir.gateway.identity.jwt.policy import Discovery, JwksUrl, KeyFile, Keys
from weir.gateway.json_types import is_object
from weir.gateway.transport.bounded_body import read_body

if TYPE_CHECKING:
    import httpx

MAX_DOCUMENT_BYTES: Final = 1024 * 1024
LOAD_TIMEOUT_S: Final = 5.0
_OK: Final = 200
_WELL_KNOWN: Final = "/.well-known/openid-configuration"

LoadKeys: TypeAlias = Callable[[], Awaitable[KeySet]]


class KeysNotLoaded(Exception):
    """The keys of an issuer could not be loaded; the message gives the reason.

    `error` is that of requests which need them.
    """

    def __init__(
        self, reason: str, error: type[IssuerUnavailable] = IssuerUnavailable
    ) -> None:
        super().__init__(reason)
        self.error = error


def key_loader(keys: Keys) -> LoadKeys | None:
    """Return what loads the keys; None for a secret, which is never loaded."""
    match keys:
        case Discovery(issuer):
            return lambda: _within_time(_discovered(issuer))
        case JwksUrl(url):
            return lambda: _within_time(_fetched(url))
        case KeyFile(file):
            return lambda: asyncio.to_thread(load_key_file, file)
        case _:
            return None


def load_key_file(file: Path) -> KeySet:
    """Read the keys of a file; raise KeysNotLoaded."""
    try:
        return read_key_file(read_file(file, MAX_DOCUMENT_BYTES))
    except UnreadableFile as error:
        raise KeysNotLoaded(str(error)) from error
    except UnusableKey as error:
        message = f"{file}: {error}"
        raise KeysNotLoaded(message) from error


async def _within_time(work: Awaitable[KeySet]) -> KeySet:
    try:
        async with asyncio.timeout(LOAD_TIMEOUT_S):
            return await work
    except TimeoutError as error:
        message = f"no response within {LOAD_TIMEOUT_S:g} s"
        raise KeysNotLoaded(message, IssuerKeysLate) from error


async def _discovered(issuer: str) -> KeySet:
    async with _client() as client:
        url = issuer.rstrip("/") + _WELL_KNOWN
        metadata = _json_object(await _get(client, url), url)
        # OpenID Connect Discovery §4.3: the values must be identical.
        if metadata.get("issuer") != issuer:
            message = f"{url} is the metadata of another issuer"
            raise KeysNotLoaded(message)
        jwks_url = metadata.get("jwks_uri")
        if not isinstance(jwks_url, str) or not _as_safe(jwks_url, issuer):
            message = f"{url} has no `jwks_uri` with https"
            raise KeysNotLoaded(message)
        return _read(await _get(client, jwks_url), jwks_url)


async def _fetched(url: str) -> KeySet:
    async with _client() as client:
        return _read(await _get(client, url), url)


def _client() -> "httpx.AsyncClient":
    """Return a client for one load; loads are minutes apart."""
    import httpx  # noqa: PLC0415 - most gateways load no keys

    return httpx.AsyncClient(timeout=LOAD_TIMEOUT_S, follow_redirects=False)


async def _get(client: "httpx.AsyncClient", url: str) -> bytes:
    import httpx  # noqa: PLC0415 - see `_client`

    try:
        async with client.stream(
            "GET", url, headers={"accept": "application/json"}
        ) as response:
            if response.status_code != _OK:
                message = f"{url} responded with status {response.status_code}"
                raise KeysNotLoaded(message)
            return await read_body(response, MAX_DOCUMENT_BYTES)
    except DecodedTooLarge as error:
        message = f"{url}: {error}"
        raise KeysNotLoaded(message, IssuerKeysTooLarge) from error
    except (httpx.HTTPError, httpx.InvalidURL, CodingError) as error:
        message = f"{url}: {str(error) or type(error).__name__}"
        is_late = isinstance(error, httpx.TimeoutException)
        found = IssuerKeysLate if is_late else IssuerUnavailable
        raise KeysNotLoaded(message, found) from error


def _json_object(content: bytes, url: str) -> dict[str, object]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if not is_object(document):
        message = f"{url} is not a JSON object"
        raise KeysNotLoaded(message, IssuerKeysNotJson)
    return document


def _as_safe(url: str, issuer: str) -> bool:
    """Return whether `url` has TLS, or the issuer has none either."""
    return url.startswith("https://") or issuer.startswith("http://")


def _read(content: bytes, url: str) -> KeySet:
    try:
        return read_jwks(content)
    except UnusableKey as error:
        message = f"{url}: {error}"
        not_json = isinstance(error, KeysNotJson)
        found = IssuerKeysNotJson if not_json else IssuerKeysUnusable
        raise KeysNotLoaded(message, found) from error
