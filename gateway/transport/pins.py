"""Pins: the public keys that the certificate of an instance may have.

A pin is the SHA-256 of the key's SubjectPublicKeyInfo (RFC 7469 §2.4), so that a
renewed certificate with the same key needs no new pin. The certificate is verified as
without pins. Then its key is compared, before any byte of a request is sent.
"""

import ssl
from base64 import b64encode
from collections.abc import Collection
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class PinMismatch(ssl.SSLError):
    """A certificate whose public key is not pinned.

    `reason` and `library` are those of errors that OpenSSL raises.
    """

    reason = "CERTIFICATE_NOT_PINNED"
    library = "SSL"

    def __init__(self, reason: str) -> None:
        super().__init__(ssl.SSL_ERROR_SSL, f"its certificate is not pinned: {reason}")


def pinned(pins: Collection[bytes]) -> type[ssl.SSLObject]:
    """Return the class of connections that need a key with one of the SHA-256s."""

    class PinnedConnection(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            found = _pin(self.getpeercert(binary_form=True) or b"")
            if found not in pins:
                text = b64encode(found).decode()
                message = f"the pin of its public key is {text}"
                raise PinMismatch(message)

    return PinnedConnection


def _pin(certificate: bytes) -> bytes:
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        message = "its public key cannot be read"
        raise PinMismatch(message) from error
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(spki).digest()
