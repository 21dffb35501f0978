"""Opaque bearer tokens: verified by their issuer, and cached for a short time."""

from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.concurrency.single_flight import (
    SharedCallCancelled,
    SingleFlight,
    WaitExpired,
)
from weir.gateway.context import Identity
from weir.gateway.identity.attempts import Attempts
from weir.gateway.identity.authenticator import Credential
from weir.gateway.identity.claims import ClaimsTooDeep, frozen_claims, names_at
from weir.gateway.identity.errors import (
    IssuerUnavailable,
    TokenAudienceWrong,
    TokenExpired,
    TokenInactive,
)
from weir.gateway.identity.opaque.endpoint import IntrospectionEndpoint
from weir.gateway.identity.opaque.policy import IntrospectionPolicy
from weir.gateway.identity.verified import VerifiedCredentials
from weir.gateway.json_types import JSONObject, JSONValue, is_list

METHOD: Final = "introspection"
_MAX_CALLS: Final = 1000


class OpaqueTokens:
    """A verifier by introspection; requests with the same token share a call.

    Generations with an equal policy share it.
    """

    def __init__(
        self, policy: IntrospectionPolicy, attempts: Attempts, clock: Clock
    ) -> None:
        self.policy = policy
        self._attempts = attempts
        self._clock = clock
        self._endpoint = IntrospectionEndpoint(policy)
        self._verified = VerifiedCredentials(clock)
        self._flight: SingleFlight[bytes, Identity] = SingleFlight()
        self._users = 0

    @property
    def method(self) -> str:
        return METHOD

    def known(self, digest: bytes) -> Identity | None:
        return self._verified.get(digest)

    def verify_now(self, credential: Credential) -> Identity | None:
        """Return None, as the issuer has to be called; count the attempt."""
        self._attempts.begin(credential.client)
        return None

    async def verify(self, credential: Credential) -> Identity:
        known = self._verified.get(credential.digest)
        if known is not None:
            return known
        if len(self._flight) >= _MAX_CALLS:
            raise IssuerUnavailable
        try:
            return await self._flight.run(
                credential.digest, lambda: self._introspected(credential)
            )
        except (WaitExpired, SharedCallCancelled) as error:
            raise IssuerUnavailable from error

    def share(self) -> None:
        """Take part in one more generation."""
        self._users += 1

    async def release(self) -> None:
        """Leave a generation; the last one to leave ends the calls and connections."""
        self._users -= 1
        if self._users <= 0:
            await self._flight.close()
            await self._endpoint.close()

    async def _introspected(self, credential: Credential) -> Identity:
        found, size = await self._endpoint.introspect(credential.text)
        if not found["active"]:
            raise TokenInactive
        now_s = self._clock.epoch_s()
        expires_s = _number(found.get("exp"), now_s + self.policy.cache_s)
        if expires_s <= now_s:
            raise TokenExpired
        identity = _identity(found, self.policy)
        self._verified.add(
            credential.digest,
            identity,
            until_s=min(expires_s, now_s + self.policy.cache_s),
            size=size,
        )
        return identity


def _number(value: JSONValue, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else otherwise


def _identity(found: JSONObject, policy: IntrospectionPolicy) -> Identity:
    """Return the identity of a response (RFC 7662 §2.2)."""
    audience = found.get("aud")
    named = audience if is_list(audience) else [audience]
    if policy.audiences and policy.audiences.isdisjoint(
        each for each in named if isinstance(each, str)
    ):
        raise TokenAudienceWrong(policy.audiences)
    try:
        claims = frozen_claims(found)
    except ClaimsTooDeep as error:
        raise TokenInactive from error
    identity = Identity(
        method=METHOD,
        subject=_text(found.get("sub")),
        issuer=_text(found.get("iss")) or policy.url,
        client_id=_text(found.get("client_id")),
        scopes=names_at(claims, policy.scopes),
        roles=names_at(claims, policy.roles),
        claims=claims,
    )
    return policy.grants.complete(identity)


def _text(value: JSONValue) -> str:
    return value if isinstance(value, str) else ""
