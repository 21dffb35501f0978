"""The tokens of the gateway for one service, by the grant "client credentials".

A token is replaced before it expires, while calls continue with the old one. All calls
without a token wait for the same request. If the token endpoint fails, a token remains
in use until it expires, and the next request is made after a pause.
"""

import asyncio
import logging
from typing import Final

from msgspec import Struct

from weir.gateway.clock import Clock
from weir.gateway.concurrency.single_flight import (
    SharedCallCancelled,
    SingleFlight,
    WaitExpired,
)
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.errors import ServiceTokenUnavailable
from weir.gateway.transport.oauth_endpoint import EndpointFailed, OAuthEndpoint
from weir.gateway.upstreams.model.client_credentials import ClientCredentials

_log: Final = logging.getLogger("weir.upstreams")
_AUTHORIZATION: Final = b"authorization"
_UNSTATED_S: Final = 300.0
"""The lifetime of a token whose response does not state it (RFC 6749 §5.1)."""
_MAX_LIFETIME_S: Final = 86_400.0
_AHEAD_S: Final = 60.0
_AHEAD_SHARE: Final = 0.2
"""A token is replaced a minute before its end, or after four fifths of its lifetime."""
_PAUSE_S: Final = 2.0
_REPLACE_EVERY_S: Final = 10.0
"""A service that rejects every token causes one request in this time."""
_MAX_TOKEN: Final = 16 * 1024


class _Token(Struct, frozen=True):
    """A token as header fields; the times are monotonic."""

    fields: Headers
    refresh_s: float
    expires_s: float


class ServiceTokens:
    """The current token for a service, shared by generations with the same grant."""

    def __init__(self, upstream: str, grant: ClientCredentials, clock: Clock) -> None:
        self.grant = grant
        self._upstream = upstream
        self._clock = clock
        self._endpoint = OAuthEndpoint(grant.client)
        self._flight: SingleFlight[str, _Token] = SingleFlight(max_unwaited=1)
        self._refreshing: asyncio.Task[None] | None = None
        self._token: _Token | None = None
        self._failure = ""
        self._paused_until_s = 0.0
        self._replaced_s = float("-inf")
        self._users = 1

    async def fields(self, deadline_s: float) -> Headers:
        """Return the header fields for a call; raise ServiceTokenUnavailable."""
        now_s, token = self._clock.monotonic_s(), self._token
        if token is not None and now_s < token.expires_s:
            if now_s >= token.refresh_s and now_s >= self._paused_until_s:
                self._refresh()
            return token.fields
        if now_s < self._paused_until_s:
            raise self._unavailable()
        return await self._new(deadline_s - now_s)

    async def replaced(self, rejected: Headers, deadline_s: float) -> Headers | None:
        """Return other fields in place of those that the service has rejected.

        Return None if it would reject these, too. Raise ServiceTokenUnavailable.
        """
        now_s = self._clock.monotonic_s()
        if self._token is not None and self._token.fields == rejected:
            if now_s - self._replaced_s < _REPLACE_EVERY_S:
                return None
            self._replaced_s = now_s
            self._token = None
        return await self.fields(deadline_s)

    def share(self) -> "ServiceTokens":
        """Take part in one more generation."""
        self._users += 1
        return self

    def abandon(self) -> None:
        """Leave a generation that never started."""
        self._users -= 1

    async def release(self) -> None:
        """Leave a generation; the last one to leave ends the requests."""
        self._users -= 1
        if self._users <= 0:
            await self._flight.close()
            if self._refreshing is not None:
                await asyncio.gather(self._refreshing, return_exceptions=True)
            await self._endpoint.close()

    def _refresh(self) -> None:
        """Replace the token while it is used; there is one such task at most."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refreshed())

    async def _refreshed(self) -> None:
        try:
            await self._flight.run("", self._fetch)
        except (EndpointFailed, SharedCallCancelled):
            return

    async def _new(self, timeout_s: float) -> Headers:
        try:
            token = await self._flight.run("", self._fetch, timeout_s)
        except (EndpointFailed, SharedCallCancelled, WaitExpired) as error:
            raise self._unavailable() from error
        return token.fields

    def _unavailable(self) -> ServiceTokenUnavailable:
        reason = self._failure or "the token endpoint has not responded in time"
        return ServiceTokenUnavailable(f"{self._upstream}: {reason}")

    async def _fetch(self) -> _Token:
        sent_s = self._clock.monotonic_s()
        form = {"grant_type": "client_credentials"}
        if self.grant.scopes:
            form["scope"] = " ".join(self.grant.scopes)
        if self.grant.audience:
            form["audience"] = self.grant.audience
        try:
            found, _ = await self._endpoint.post(form)
            token = _token(found, sent_s)
        except EndpointFailed as error:
            self._paused_until_s = self._clock.monotonic_s() + _PAUSE_S
            self._report(str(error))
            raise
        self._token = token
        self._report("")
        return token

    def _report(self, failure: str) -> None:
        """Log a failure when it begins, and its end."""
        if failure == self._failure:
            return
        self._failure = failure
        url = self.grant.client.url
        if failure:
            _log.warning("%s: no token from %s: %s", self._upstream, url, failure)
        else:
            _log.warning("%s: tokens from %s again", self._upstream, url)


def _token(found: JSONObject, sent_s: float) -> _Token:
    """Return the token of a response (RFC 6749 §5.1); raise EndpointFailed."""
    text, kind = found.get("access_token"), found.get("token_type")
    if not isinstance(text, str) or not _is_sendable(text):
        message = "the response has no `access_token` that can be sent"
        raise EndpointFailed(message)
    if not isinstance(kind, str) or kind.lower() != "bearer":
        message = "the `token_type` of the response is not Bearer"
        raise EndpointFailed(message)
    lifetime_s = _lifetime_s(found)
    ahead_s = min(_AHEAD_S, lifetime_s * _AHEAD_SHARE)
    return _Token(
        ((_AUTHORIZATION, f"Bearer {text}".encode()),),
        refresh_s=sent_s + lifetime_s - ahead_s,
        # A call that begins now still has to arrive in time.
        expires_s=sent_s + lifetime_s - ahead_s / 10,
    )


def _is_sendable(text: str) -> bool:
    is_visible = text.isascii() and text.isprintable() and " " not in text
    return 0 < len(text) <= _MAX_TOKEN and is_visible


def _lifetime_s(found: JSONObject) -> float:
    """Return `expires_in`, which some servers send as a text; raise EndpointFailed."""
    value = found.get("expires_in", _UNSTATED_S)
    try:
        seconds = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        message = "the `expires_in` of the response is not a positive number"
        raise EndpointFailed(message)
    return min(seconds, _MAX_LIFETIME_S)
