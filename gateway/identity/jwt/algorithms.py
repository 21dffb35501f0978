"""The signature algorithms that a kind of key may be used with (RFC 7518 §3, RFC 8725).

A key is bound to its algorithms when it is loaded. The header of a token can only
choose among these, so that a public key is never used as the secret of an HMAC.
"""

from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

SYMMETRIC: Final = frozenset({"HS256", "HS384", "HS512"})
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_BY_CURVE: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_EDDSA: Final = frozenset({"EdDSA"})
ASYMMETRIC: Final = _RSA | _EDDSA | frozenset(_BY_CURVE.values())

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 4096
_MAX_EXPONENT_BITS: Final = 33
MIN_SECRET_BYTES: Final = 32
_SECRET_BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}


class UnusableKey(ValueError):
    """A key that no token may be verified with; the message gives the reason."""


class KeysNotJson(UnusableKey):
    """A document that is not a JSON object with a list of keys."""


def secret_algorithms(secret: bytes) -> frozenset[str]:
    """Return the algorithms of a secret.

    RFC 7518 §3.2: the key must not be shorter than the output of the hash function.
    """
    return frozenset(
        name for name, size in _SECRET_BYTES.items() if len(secret) >= size
    )


def key_algorithms(key: object) -> tuple[PublicKey, frozenset[str]]:
    """Return a public key with its algorithms; raise UnusableKey."""
    match key:
        case RSAPublicKey():
            _check_rsa(key)
            return key, _RSA
        case EllipticCurvePublicKey() if key.curve.name in _BY_CURVE:
            return key, frozenset({_BY_CURVE[key.curve.name]})
        case Ed25519PublicKey():
            return key, _EDDSA
        case _:
            message = "expected a public key of RSA, P-256, P-384, P-521 or Ed25519"
            raise UnusableKey(message)


def _check_rsa(key: RSAPublicKey) -> None:
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        message = (
            f"an RSA key of {key.key_size} bits; allowed: {MIN_RSA_BITS} to"
            f" {MAX_RSA_BITS}"
        )
        raise UnusableKey(message)
    if key.public_numbers().e.bit_length() > _MAX_EXPONENT_BITS:
        message = "an RSA key with an exponent of more than 33 bits"
        raise UnusableKey(message)
