"""The authenticator of API keys."""

from types import MappingProxyType
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import Identity
from weir.gateway.identity.api_keys.key import is_key
from weir.gateway.identity.api_keys.store import PLAN_CLAIM, ApiKey, KeyStore
from weir.gateway.identity.attempts import Attempts
from weir.gateway.identity.authenticator import Credential
from weir.gateway.identity.completion import Grants
from weir.gateway.identity.errors import (
    ApiKeyDisabled,
    ApiKeyExpired,
    ApiKeyMalformed,
    ApiKeyNotYetValid,
    ApiKeyUnknown,
)

_METHOD: Final = "api_key"
_ERRORS: Final = {
    "disabled": ApiKeyDisabled,
    "expired": ApiKeyExpired,
    "early": ApiKeyNotYetValid,
}
_MAX_IDENTITIES: Final = 10_000


class ApiKeyAuthenticator:
    """The authenticator of API keys, which a store finds by their hash.

    The owner of a key is the subject of the identity, and the id of the key its client.
    """

    __slots__ = ("_attempts", "_clock", "_grants", "_identities", "_store")

    def __init__(
        self, store: KeyStore, grants: Grants, attempts: Attempts, clock: Clock
    ) -> None:
        self._store = store
        self._grants = grants
        self._attempts = attempts
        self._clock = clock
        self._identities: dict[ApiKey, Identity] = {}

    @property
    def method(self) -> str:
        return _METHOD

    def known(self, digest: bytes) -> Identity | None:
        key, now_s = self._store.find(digest), self._clock.epoch_s()
        if key is None or key.state(now_s) != "valid":
            return None
        self._store.used(key, now_s)
        return self._identities.get(key) or self._identity(key)

    def verify_now(self, credential: Credential) -> Identity:
        self._attempts.begin(credential.client)
        if not is_key(credential.text):
            raise ApiKeyMalformed
        key = self._store.find(credential.digest)
        if key is None:
            raise ApiKeyUnknown
        state = key.state(self._clock.epoch_s())
        if state in _ERRORS:
            raise _ERRORS[state]
        return self._identity(key)

    async def verify(self, credential: Credential) -> Identity:
        return self.verify_now(credential)

    def _identity(self, key: ApiKey) -> Identity:
        identity = self._grants.complete(
            Identity(
                method=_METHOD,
                subject=key.owner,
                client_id=key.id,
                scopes=frozenset(key.scopes),
                roles=frozenset(key.roles),
                claims=MappingProxyType({PLAN_CLAIM: key.plan} if key.plan else {}),
            )
        )
        if len(self._identities) >= _MAX_IDENTITIES:
            self._identities.clear()
        self._identities[key] = identity
        return identity
