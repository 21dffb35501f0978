"""The keys with which the gateway signs tokens, and their public JWK Set."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import jwt
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.utils import base64url_encode

from weir.gateway.bounded_file import open_file
from weir.gateway.identity.jwt.algorithms import UnusableKey
from weir.gateway.identity.jwt.public_key import key_algorithms
from weir.gateway.json_types import JSONObject

_MAX_FILE_BYTES: Final = 64 * 1024
_TYPE: Final = "at+jwt"
"""RFC 9068 §2.1: the token is not taken for one of another kind."""
_OF_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_THUMBPRINT: Final = ("crv", "e", "kty", "n", "x", "y")
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A private key; `kid` is the thumbprint of its public one (RFC 7638)."""

    kid: str
    algorithm: str
    private: PrivateKey = field(repr=False, compare=False)
    public: JSONObject = field(repr=False, compare=False)

    def sign(self, claims: JSONObject) -> str:
        """Return a token with these claims, signed by this key."""
        return jwt.encode(
            claims,
            self.private,
            self.algorithm,
            headers={"kid": self.kid, "typ": _TYPE},
        )


def read_token_key(file: Path) -> TokenKey:
    """Read a private key in PEM; raise UnusableKey."""
    try:
        with open_file(file) as stream:
            content = stream.read(_MAX_FILE_BYTES)
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise UnusableKey(message) from error
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = f"{file} is not a private key in PEM without a password"
        raise UnusableKey(message) from error
    if not isinstance(private, PrivateKey):
        message = f"{file}: expected a key of RSA, P-256, P-384, P-521 or Ed25519"
        raise UnusableKey(message)
    try:
        key_algorithms(private.public_key())
    except UnusableKey as error:
        message = f"{file}: {error}"
        raise UnusableKey(message) from error
    return _token_key(private)


def _token_key(private: PrivateKey) -> TokenKey:
    algorithm = _algorithm(private)
    made: JSONObject = jwt.get_algorithm_by_name(algorithm).to_jwk(
        private.public_key(), as_dict=True
    )
    public: JSONObject = {name: made[name] for name in _THUMBPRINT if name in made}
    digest = sha256(orjson.dumps(public, option=orjson.OPT_SORT_KEYS)).digest()
    kid = base64url_encode(digest).decode()
    jwk = {**public, "kid": kid, "alg": algorithm, "use": "sig"}
    return TokenKey(kid, algorithm, private, jwk)


def _algorithm(private: PrivateKey) -> str:
    match private:
        case RSAPrivateKey():
            return "RS256"
        case EllipticCurvePrivateKey():
            return _OF_CURVES[private.curve.name]
        case _:
            return "EdDSA"


def jwk_set(keys: Sequence[TokenKey]) -> bytes:
    """Return the JWK Set with the public keys (RFC 7517 §5)."""
    return orjson.dumps({"keys": [each.public for each in keys]})
