"""The credential that a request carries."""

import string
from dataclasses import dataclass
from typing import Final, TypeAlias

from weir.gateway.edge.context.client_address import TrustedProxies
from weir.gateway.edge.request import RequestHead
from weir.gateway.identity.errors import (
    CredentialTooLarge,
    SeveralCredentials,
    TokenMalformed,
    UnsupportedScheme,
)

MAX_CREDENTIAL_BYTES: Final = 16 * 1024
_USUAL_BYTES: Final = 4 * 1024
_TOKEN68: Final = f"{string.ascii_letters}{string.digits}-._~+/".encode()
"""The characters of bearer tokens, before any "=" (RFC 6750 §2.1)."""

BEARER: Final = "bearer"
API_KEY: Final = "api_key"
CERTIFICATE: Final = "certificate"
FORWARDED_CERTIFICATE: Final = "forwarded_certificate"

SentCredential: TypeAlias = tuple[str, bytes]
"""The kind of a credential, and its bytes, which are not verified in any way."""


@dataclass(frozen=True, slots=True)
class CertificatePlaces:
    """The places of client certificates: the connection, or a field of `proxies`.

    A connection of a proxy belongs to many clients, so that its certificate is never
    theirs. The field of proxies is read if it is `forwarded`.
    """

    proxies: TrustedProxies
    forwarded: bool

    def read(self, head: RequestHead) -> "SentCredential | None":
        """Return the certificate of a request."""
        if not self.proxies.trust(head.peer):
            sent = head.certificate.encode("ascii", "replace")
            return (CERTIFICATE, sent) if sent else None
        if not self.forwarded or not head.forwarded_certificate:
            return None
        return FORWARDED_CERTIFICATE, _bounded(head.forwarded_certificate)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialPlaces:
    """The places of credentials: `bearer` in Authorization, `header` for keys.

    A `header` of "" is not read. Keys of the query are read if a head has some. A field
    without an authenticator, such as an `Authorization` that services understand, is
    not a credential. A certificate is the credential of a request without another one.
    """

    bearer: bool = False
    header: bytes = b""
    certificates: CertificatePlaces | None = None


class CredentialReader:
    """A reader of the one credential of a request."""

    __slots__ = ("_places",)

    def __init__(self, places: CredentialPlaces) -> None:
        self._places = places

    def read(self, head: RequestHead) -> SentCredential | None:
        """Return the credential, or None; raise an error for several."""
        places, found = self._places, None
        if places.bearer:
            sent = head.headers.get(b"authorization")
            if sent is not None:
                is_usual = sent.startswith(b"Bearer ") and len(sent) <= _USUAL_BYTES
                token = sent[7:] if is_usual else _token(sent)
                # RFC 9110 §11.4 allows several spaces before it.
                found = BEARER, token.lstrip(b" ")
        if places.header:
            sent = head.headers.get(places.header)
            if sent is not None:
                found = _only(found, (API_KEY, _bounded(sent)))
        for key in head.query_keys:
            found = _only(found, (API_KEY, _bounded(key)))
        if found is None and places.certificates is not None:
            return places.certificates.read(head)
        return found


def credential_text(sent: SentCredential) -> str:
    """Return the text of a credential; raise TokenMalformed."""
    kind, text = sent
    if kind == BEARER:
        characters = text.rstrip(b"=")
        # This takes half the time of a regular expression.
        if not characters or characters.translate(None, _TOKEN68):
            raise TokenMalformed
    return text.decode("latin-1")


def _bounded(sent: bytes) -> bytes:
    if len(sent) > MAX_CREDENTIAL_BYTES:
        detail = f"The credential is larger than {MAX_CREDENTIAL_BYTES} bytes."
        raise CredentialTooLarge(detail)
    return sent


def _token(sent: bytes) -> bytes:
    scheme, _, token = _bounded(sent).partition(b" ")
    if scheme != b"Bearer" and scheme.lower() != b"bearer":
        detail = "The gateway supports the authentication scheme Bearer only."
        raise UnsupportedScheme(detail)
    return token


def _only(found: SentCredential | None, credential: SentCredential) -> SentCredential:
    if found is not None:
        raise SeveralCredentials
    return credential
