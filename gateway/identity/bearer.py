"""Bearer tokens of both forms: JSON Web Tokens, and opaque ones."""

from typing import Final

from weir.gateway.context import Identity
from weir.gateway.identity.authenticator import Authenticator, Credential

_DOTS_OF_JWT: Final = 2


class BearerTokens:
    """The choice of the authenticator of a token by its form.

    A token with two dots is a JSON Web Token. It is never sent to the introspection
    endpoint, so that a wrong one cannot be tried a second time.
    """

    __slots__ = ("_jwt", "_opaque")

    def __init__(self, jwt: Authenticator, opaque: Authenticator) -> None:
        self._jwt = jwt
        self._opaque = opaque

    @property
    def method(self) -> str:
        return "bearer"

    def known(self, digest: bytes) -> Identity | None:
        return self._jwt.known(digest) or self._opaque.known(digest)

    def verify_now(self, credential: Credential) -> Identity | None:
        return self._of(credential).verify_now(credential)

    async def verify(self, credential: Credential) -> Identity:
        return await self._of(credential).verify(credential)

    def _of(self, credential: Credential) -> Authenticator:
        dots = credential.text.count(".")
        return self._jwt if dots == _DOTS_OF_JWT else self._opaque
