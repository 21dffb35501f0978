"""An issuer of tokens: verifies those that name it, and caches the result."""

from typing import Final

import jwt
from jwt.types import Options

from weir.gateway.clock import Clock
from weir.gateway.context import Identity
from weir.gateway.identity.attempts import Attempts
from weir.gateway.identity.authenticator import Credential
from weir.gateway.identity.claims import ClaimsTooDeep, frozen_claims, names_at
from weir.gateway.identity.errors import (
    InvalidCredential,
    IssuerUnavailable,
    TokenAlgorithmNotAllowed,
    TokenAudienceWrong,
    TokenClaimInvalid,
    TokenExpired,
    TokenIssuerUnknown,
    TokenKeyUnknown,
    TokenMalformed,
    TokenNotYetValid,
    TokenSignatureInvalid,
)
from weir.gateway.identity.jwt.key_source import KeySource
from weir.gateway.identity.jwt.keys import KeySet, SigningKey, secret_key
from weir.gateway.identity.jwt.load_keys import key_loader
from weir.gateway.identity.jwt.policy import IssuerPolicy, SharedSecret
from weir.gateway.identity.jwt.token import UnverifiedToken
from weir.gateway.identity.verified import MAX_TTL_S, VerifiedCredentials
from weir.gateway.json_types import JSONObject

METHOD: Final = "jwt"
_MAX_CANDIDATES: Final = 4
"""Keys that are tried for a token without a `kid`."""
_LATEST: Final = 2**53

# The order counts: some are subclasses of others.
_ERRORS: Final[tuple[tuple[type[Exception], type[InvalidCredential]], ...]] = (
    (jwt.InvalidIssuerError, TokenIssuerUnknown),
    (jwt.InvalidAlgorithmError, TokenAlgorithmNotAllowed),
    (jwt.InvalidSignatureError, TokenSignatureInvalid),
)


class Issuer:
    """A verifier of the tokens of one issuer, shared by generations of equal policy."""

    def __init__(self, policy: IssuerPolicy, attempts: Attempts, clock: Clock) -> None:
        self.policy = policy
        self._attempts = attempts
        self._clock = clock
        self._verified = VerifiedCredentials(clock)
        self.known = self._verified.get
        """Return the identity of a token that has been verified, by its SHA-256."""
        keys = policy.keys
        self.source = KeySource(
            policy.name,
            key_loader(keys),
            clock,
            keys=secret_key(keys.secret) if isinstance(keys, SharedSecret) else None,
            refresh_s=policy.refresh_s,
        )
        self.source.on_change = self._drop_old
        self._users = 0

    def share(self) -> None:
        """Take part in one more generation."""
        self._users += 1

    async def release(self) -> None:
        """Leave a generation; the last one to leave closes the source of the keys."""
        self._users -= 1
        if self._users <= 0:
            await self.source.close()

    def verify_now(
        self, token: UnverifiedToken, credential: Credential
    ) -> Identity | None:
        """Return the identity; None if the token names a key that may be new."""
        if token.algorithm not in self.policy.algorithms:
            raise TokenAlgorithmNotAllowed
        keys = self._candidates(token)
        if keys:
            return self._verified_by(keys, token, credential)
        self._attempts.begin(credential.client)
        if self.source.may_load():
            return None
        raise self._unknown()

    async def verify(self, token: UnverifiedToken, credential: Credential) -> Identity:
        """Load the keys again, and return the identity."""
        joined = await self.source.reload()
        keys = self._candidates(token)
        if not keys and joined and self.source.may_load():
            await self.source.reload()
            keys = self._candidates(token)
        if not keys:
            raise self._unknown()
        return self._verified_by(keys, token, credential)

    def _candidates(self, token: UnverifiedToken) -> list[SigningKey]:
        named = self.source.keys.named(token.kid)
        keys = [key for key in named if token.algorithm in key.algorithms]
        if named and not keys:
            detail = "The key of the token is not for its algorithm."
            raise TokenAlgorithmNotAllowed(detail)
        return keys[:_MAX_CANDIDATES]

    def _unknown(self) -> TokenKeyUnknown | IssuerUnavailable:
        return TokenKeyUnknown() if self.source.keys else self.source.error()

    def _verified_by(
        self, keys: list[SigningKey], token: UnverifiedToken, credential: Credential
    ) -> Identity:
        error: InvalidCredential = TokenSignatureInvalid()
        for key in keys:
            self._attempts.begin(credential.client)
            try:
                return self._verified_with(key, token, credential)
            except TokenSignatureInvalid as invalid:
                error = invalid
        raise error

    def _verified_with(
        self, key: SigningKey, token: UnverifiedToken, credential: Credential
    ) -> Identity:
        policy = self.policy
        self._check(key, token)
        # The library reads integers of any size, which cannot be written as JSON.
        claims = token.claims
        _check_times(claims, policy, self._clock.epoch_s())
        identity = _identity(claims, policy)
        expires_s = claims.get("exp", self._clock.epoch_s() + MAX_TTL_S)
        self._verified.add(
            credential.digest,
            identity,
            until_s=expires_s + policy.leeway_s,
            size=len(token.text),
            key=key.fingerprint,
        )
        return identity

    def _check(self, key: SigningKey, token: UnverifiedToken) -> None:
        """Check the signature, the audience and the issuer."""
        policy = self.policy
        # pyjwt would compare the times with a clock of its own.
        options: Options = {
            "require": ["aud"],
            "strict_aud": False,
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        try:
            jwt.decode(
                token.text,
                key=key.material,
                algorithms=sorted(policy.algorithms & key.algorithms),
                options=options,
                audience=sorted(policy.audiences),
                issuer=policy.issuer,
            )
        except jwt.MissingRequiredClaimError as error:
            detail = f"The token has no claim `{error.claim}`."
            raise TokenClaimInvalid(detail) from error
        except jwt.InvalidAudienceError as error:
            raise TokenAudienceWrong(policy.audiences) from error
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise _translated(error) from error

    def _drop_old(self, keys: KeySet) -> None:
        """Drop the tokens whose key is not among `keys` any longer."""
        self._verified.retain(lambda key: key in keys.fingerprints)


def _translated(error: Exception) -> InvalidCredential:
    for kind, ours in _ERRORS:
        if isinstance(error, kind):
            return ours()
    return TokenMalformed()


def _check_times(claims: JSONObject, policy: IssuerPolicy, now_s: float) -> None:
    """Check `exp`, `nbf` and `iat`: numbers, and of the present (RFC 7519 §4.1)."""
    if policy.expiry_required and "exp" not in claims:
        detail = "The token has no claim `exp`."
        raise TokenClaimInvalid(detail)
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            detail = f"The claim `{name}` of the token is not a number."
            raise TokenClaimInvalid(detail)
        if not 0 <= value <= _LATEST:
            detail = f"The claim `{name}` of the token is out of range."
            raise TokenClaimInvalid(detail)
    if now_s >= claims.get("exp", _LATEST) + policy.leeway_s:
        raise TokenExpired
    if now_s < max(claims.get("nbf", 0), claims.get("iat", 0)) - policy.leeway_s:
        raise TokenNotYetValid


def _identity(claims: JSONObject, policy: IssuerPolicy) -> Identity:
    try:
        frozen = frozen_claims(claims)
    except ClaimsTooDeep as error:
        raise TokenMalformed from error
    # `azp` is the client of OpenID Connect, `client_id` that of RFC 9068 §2.2.
    client_id = claims.get("client_id") or claims.get("azp")
    identity = Identity(
        method=METHOD,
        subject=str(claims.get("sub") or ""),
        issuer=policy.issuer,
        client_id=client_id if isinstance(client_id, str) else "",
        scopes=names_at(frozen, policy.scopes),
        roles=names_at(frozen, policy.roles),
        claims=frozen,
    )
    return policy.grants.complete(identity)
