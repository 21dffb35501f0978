"""Public keys that may verify signatures, each with its algorithms."""

from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from weir.gateway.identity.jwt.algorithms import BY_CURVE, EDDSA, RSA, UnusableKey

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 4096
_MAX_EXPONENT_BITS: Final = 33


def key_algorithms(key: object) -> tuple[PublicKey, frozenset[str]]:
    """Return a public key with its algorithms; raise UnusableKey."""
    match key:
        case RSAPublicKey():
            _check_rsa(key)
            return key, RSA
        case EllipticCurvePublicKey() if key.curve.name in BY_CURVE:
            return key, frozenset({BY_CURVE[key.curve.name]})
        case Ed25519PublicKey():
            return key, EDDSA
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
