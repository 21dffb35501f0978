"""From a request to the identity of its caller: one credential, one authenticator."""

from collections.abc import Mapping
from hashlib import sha256

from weir.gateway.clients.network import client_network
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import WeirError
from weir.gateway.identity.attempts import Attempts
from weir.gateway.identity.authenticator import Authenticator, Credential
from weir.gateway.identity.credentials import (
    CredentialReader,
    SentCredential,
    credential_text,
)
from weir.gateway.identity.errors import InvalidCredential
from weir.gateway.identity.rejected import RejectedCredentials


class Authentication:
    """The identification of callers, with an authenticator for each kind.

    A wrong credential counts against the network of its sender once for each time that
    its rejection is not cached.
    """

    __slots__ = ("_attempts", "_authenticators", "_reader", "_rejected")

    def __init__(
        self,
        authenticators: Mapping[str, Authenticator],
        reader: CredentialReader,
        attempts: Attempts,
        rejected: RejectedCredentials,
    ) -> None:
        self._authenticators = authenticators
        self._reader = reader
        self._attempts = attempts
        self._rejected = rejected

    def identify_now(self, head: RequestHead, address: str) -> Identity | None:
        """Return the identity, or None if it has to be waited for.

        Raise an `InvalidCredential` and the other errors of this package.
        """
        sent = self._reader.read(head)
        if sent is None:
            return ANONYMOUS
        kind, text = sent
        authenticator, digest = self._authenticators[kind], sha256(text).digest()
        identity = authenticator.known(digest)
        if identity is not None:
            return identity
        rejected = self._rejected.get(digest)
        if rejected is not None:
            raise rejected
        credential = _credential(sent, digest, address)
        try:
            return authenticator.verify_now(credential)
        except InvalidCredential as error:
            self._reject(credential, error)
            raise

    async def identify(self, head: RequestHead, address: str) -> Identity:
        """Return the identity of a request for which `identify_now` has None."""
        sent = self._reader.read(head)
        if sent is None:
            return ANONYMOUS
        credential = _credential(sent, sha256(sent[1]).digest(), address)
        try:
            return await self._authenticators[sent[0]].verify(credential)
        except InvalidCredential as error:
            self._reject(credential, error)
            raise

    def method(self, head: RequestHead) -> str:
        """Return the method of the credential that a request carries, or ""."""
        try:
            sent = self._reader.read(head)
        except WeirError:
            return ""
        return self._authenticators[sent[0]].method if sent else ""

    def _reject(self, credential: Credential, error: InvalidCredential) -> None:
        self._attempts.failed(credential.client)
        self._rejected.add(credential.digest, error)


def _credential(sent: SentCredential, digest: bytes, address: str) -> Credential:
    """Return a credential that is not known yet; raise TokenMalformed."""
    return Credential(credential_text(sent), digest, client_network(address))
