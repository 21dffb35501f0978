"""The signature algorithms that a kind of key may be used with (RFC 7518 §3, RFC 8725).

A key is bound to its algorithms when it is loaded. The header of a token can only
choose among these, so that a public key is never used as the secret of an HMAC.
"""

from typing import Final

SYMMETRIC: Final = frozenset({"HS256", "HS384", "HS512"})
RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
BY_CURVE: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
EDDSA: Final = frozenset({"EdDSA"})
ASYMMETRIC: Final = RSA | EDDSA | frozenset(BY_CURVE.values())

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
