"""Bearer tokens: each is tried against the issuer that it names, and no other."""

from collections.abc import Iterable

from weir.gateway.context import Identity
from weir.gateway.identity.authenticator import Credential
from weir.gateway.identity.errors import TokenIssuerUnknown
from weir.gateway.identity.jwt.issuer import METHOD, Issuer
from weir.gateway.identity.jwt.token import UnverifiedToken, read_token


class JwtAuthenticator:
    """The authenticator of JSON Web Tokens of several issuers."""

    __slots__ = ("_by_name", "issuers")

    def __init__(self, issuers: Iterable[Issuer]) -> None:
        self.issuers = tuple(issuers)
        self._by_name = {each.policy.issuer: each for each in self.issuers}

    @property
    def method(self) -> str:
        return METHOD

    def known(self, digest: bytes) -> Identity | None:
        for issuer in self.issuers:
            identity = issuer.known(digest)
            if identity is not None:
                return identity
        return None

    def verify_now(self, credential: Credential) -> Identity | None:
        token = read_token(credential.text)
        return self._issuer(token).verify_now(token, credential)

    async def verify(self, credential: Credential) -> Identity:
        token = read_token(credential.text)
        return await self._issuer(token).verify(token, credential)

    def _issuer(self, token: UnverifiedToken) -> Issuer:
        issuer = self._by_name.get(token.issuer)
        if issuer is None:
            raise TokenIssuerUnknown
        return issuer
