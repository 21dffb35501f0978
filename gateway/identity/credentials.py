"""The credential that a request carries."""

import string
from dataclasses import dataclass
from typing import Final

from weir.gateway.edge.context.client_address import TrustedProxies
from weir.gateway.edge.request import RequestHead
from weir.gateway.identity.errors import (
    CredentialTooLarge,
    SeveralCredentials,
    TokenMalformed,
    UnsupportedScheme,
)

MAX_CREDENTIAL_BYTES: Final = 16 * 1024
_TOKEN68: Final = f"{string.ascii_letters}{string.digits}-._~+/".encode()
"""The characters of bearer tokens, before any "=" (RFC 6750 §2.1)."""

BEARER: Final = "bearer"
API_KEY: Final = "api_key"
CERTIFICATE: Final = "certificate"
FORWARDED_CERTIFICATE: Final = "forwarded_certificate"


@dataclass(frozen=True, slots=True)
class CertificatePlaces:
    """The places of client certificates: the connection, or a field of `proxies`.

    A connection of a proxy belongs to many clients, so that its certificate is never
    theirs. The field of proxies is read if it is `forwarded`.
    """

    proxies: TrustedProxies
    forwarded: bool

    def read(self, head: RequestHead) -> tuple[str, str] | None:
        """Return the kind and the text of a certificate."""
        if not self.proxies.trust(head.peer):
            return (CERTIFICATE, head.certificate) if head.certificate else None
        if not self.forwarded or not head.forwarded_certificate:
            return None
        sent = _bounded(head.forwarded_certificate)
        return FORWARDED_CERTIFICATE, sent.decode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialPlaces:
    """The places of credentials: `bearer` in Authorization, `header` for keys.

    A `header` of "" is not read. A field without an authenticator, such as an
    `Authorization` that services understand, is not a credential. A certificate is the
    credential of a request without another one.
    """

    bearer: bool = False
    header: bytes = b""
    certificates: CertificatePlaces | None = None


class CredentialReader:
    """A reader of the one credential of a request: its kind and its text."""

    __slots__ = ("_places",)

    def __init__(self, places: CredentialPlaces) -> None:
        self._places = places

    def read(self, head: RequestHead) -> tuple[str, str] | None:
        """Return the kind and the text, or None; raise an error for several."""
        places, found = self._places, None
        if places.bearer:
            sent = head.headers.get(b"authorization")
            if sent is not None:
                found = BEARER, _bearer(sent)
        if places.header:
            sent = head.headers.get(places.header)
            if sent is not None:
                found = _only(found, (API_KEY, _bounded(sent).decode("latin-1")))
        if found is None and places.certificates is not None:
            return places.certificates.read(head)
        return found


def _bounded(sent: bytes) -> bytes:
    if len(sent) > MAX_CREDENTIAL_BYTES:
        detail = f"The credential is larger than {MAX_CREDENTIAL_BYTES} bytes."
        raise CredentialTooLarge(detail)
    return sent


def _bearer(sent: bytes) -> str:
    scheme, _, token = _bounded(sent).partition(b" ")
    if scheme != b"Bearer" and scheme.lower() != b"bearer":
        detail = "The gateway supports the authentication scheme Bearer only."
        raise UnsupportedScheme(detail)
    token = token.strip(b" ")
    characters = token.rstrip(b"=")
    # This takes half the time of a regular expression.
    if not characters or characters.translate(None, _TOKEN68):
        raise TokenMalformed
    return token.decode("ascii")


def _only(
    found: tuple[str, str] | None, credential: tuple[str, str]
) -> tuple[str, str]:
    if found is not None:
        raise SeveralCredentials
    return credential
