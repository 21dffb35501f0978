"""The Protocol of authenticators: one for each kind of credential."""

from typing import Protocol

from msgspec import Struct

from weir.gateway.context import Identity


class Credential(Struct, frozen=True):
    """The text of a credential, its SHA-256, and the network of its sender."""

    text: str
    digest: bytes
    client: str


class Authenticator(Protocol):
    """A verifier of the credentials of one kind.

    All methods raise an `InvalidCredential` for a credential that is wrong.
    """

    @property
    def method(self) -> str:
        """The name of the kind, such as "jwt": a label of metrics."""
        ...

    def known(self, digest: bytes) -> Identity | None:
        """Return the identity of a credential that needs no further work.

        `digest` is its SHA-256, under which decisions are cached.
        """
        ...

    def verify_now(self, credential: Credential) -> Identity | None:
        """Return the identity; None if that has to wait for something."""
        ...

    async def verify(self, credential: Credential) -> Identity:
        """Return the identity of a credential for which `verify_now` has None."""
        ...
