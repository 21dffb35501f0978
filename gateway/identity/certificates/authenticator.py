"""The authenticator of client certificates, which TLS has verified."""

from collections.abc import Callable, Collection
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import Identity
from weir.gateway.identity.attempts import Attempts
from weir.gateway.identity.authenticator import Credential
from weir.gateway.identity.certificates.certificate import read_certificate
from weir.gateway.identity.claims import names_at
from weir.gateway.identity.completion import Grants
from weir.gateway.identity.errors import ClientCertificateExpired
from weir.gateway.identity.verified import VerifiedCredentials

METHOD: Final = "client_certificate"


class CertificateAuthenticator:
    """The authenticator of certificates whose chain was verified in the handshake.

    `pem_of` returns the certificate of a credential. `roles` are the names of claims
    with roles. A connection can outlive its certificate, so that the end of the
    certificate is checked for each request.
    """

    __slots__ = ("_attempts", "_clock", "_grants", "_pem_of", "_roles", "_verified")

    def __init__(
        self,
        pem_of: Callable[[str], str],
        roles: Collection[str],
        grants: Grants,
        attempts: Attempts,
        clock: Clock,
    ) -> None:
        self._pem_of = pem_of
        self._roles = roles
        self._grants = grants
        self._attempts = attempts
        self._clock = clock
        self._verified = VerifiedCredentials(clock)

    @property
    def method(self) -> str:
        return METHOD

    def known(self, digest: bytes) -> Identity | None:
        return self._verified.get(digest)

    def verify_now(self, credential: Credential) -> Identity:
        self._attempts.begin(credential.client)
        read = read_certificate(self._pem_of(credential.text))
        if read.expires_s <= self._clock.epoch_s():
            raise ClientCertificateExpired
        identity = self._grants.complete(
            Identity(
                method=METHOD,
                subject=read.subject,
                issuer=read.issuer,
                roles=names_at(read.claims, self._roles),
                claims=read.claims,
            )
        )
        self._verified.add(
            credential.digest,
            identity,
            until_s=read.expires_s,
            size=len(credential.text),
        )
        return identity

    async def verify(self, credential: Credential) -> Identity:
        return self.verify_now(credential)
