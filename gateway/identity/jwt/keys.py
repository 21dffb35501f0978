"""The keys of an issuer: JWK Sets and PEM files, each key with its algorithms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate
from jwt import get_algorithm_by_name
from jwt.exceptions import PyJWTError

from weir.gateway.identity.jwt.algorithms import (
    KeysNotJson,
    UnusableKey,
    secret_algorithms,
)
from weir.gateway.identity.jwt.public_key import PublicKey, key_algorithms
from weir.gateway.json_types import JSONObject, is_list, is_object

MAX_KEYS: Final = 100
_MAX_MEMBER: Final = 2048
"""Characters of a member of a JWK; an RSA modulus of 4096 bits has 683."""
_FAMILIES: Final = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
_PEM_BEGIN: Final = b"-----BEGIN "

Material: TypeAlias = PublicKey | bytes


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that verifies signatures; `fingerprint` is equal for equal keys.

    `kid` is "" for a key without a name, which may verify any token.
    """

    kid: str
    algorithms: frozenset[str]
    material: Material
    fingerprint: bytes


class KeySet:
    """The keys of an issuer; `problems` are the reasons for those that are not used."""

    __slots__ = ("_by_kid", "fingerprints", "problems")

    def __init__(
        self, keys: tuple[SigningKey, ...] = (), problems: tuple[str, ...] = ()
    ) -> None:
        by_kid: dict[str, list[SigningKey]] = {}
        for key in keys:
            by_kid.setdefault(key.kid, []).append(key)
        self._by_kid: Mapping[str, list[SigningKey]] = by_kid
        self.fingerprints = frozenset(key.fingerprint for key in keys)
        self.problems = problems

    def __bool__(self) -> bool:
        return bool(self._by_kid)

    def named(self, kid: str) -> list[SigningKey]:
        """Return the keys for a token that names `kid`, or "" for none.

        A token that names no key may be of any. A key without a name is for any token.
        """
        if not kid:
            return [key for keys in self._by_kid.values() for key in keys]
        return self._by_kid.get(kid) or self._by_kid.get("", [])


def secret_key(secret: bytes) -> KeySet:
    """Return the key set of a shared secret."""
    key = SigningKey("", secret_algorithms(secret), secret, sha256(secret).digest())
    return KeySet((key,))


def read_jwks(content: bytes) -> KeySet:
    """Read a JWK Set; raise UnusableKey if it has no key that can be used."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        message = "the JWK Set is not JSON"
        raise KeysNotJson(message) from error
    keys = document.get("keys") if is_object(document) else None
    if not is_list(keys):
        message = "the JWK Set has no list `keys`"
        raise KeysNotJson(message)
    if len(keys) > MAX_KEYS:
        message = f"the JWK Set has more than {MAX_KEYS} keys"
        raise UnusableKey(message)
    return _key_set(map(_read_or_problem, keys))


def read_key_file(content: bytes) -> KeySet:
    """Read a JWK Set, or public keys and certificates in PEM; raise UnusableKey."""
    if _PEM_BEGIN not in content:
        return read_jwks(content)
    parts = content.split(_PEM_BEGIN)[1:]
    if len(parts) > MAX_KEYS:
        message = f"the file has more than {MAX_KEYS} keys"
        raise UnusableKey(message)
    return _key_set(_pem_or_problem(_PEM_BEGIN + part) for part in parts)


def _key_set(read: Iterator[SigningKey | str]) -> KeySet:
    found = tuple(read)
    keys = tuple(each for each in found if isinstance(each, SigningKey))
    problems = tuple(each for each in found if isinstance(each, str))
    if not keys:
        message = "; ".join(dict.fromkeys(problems)) or "there are no keys"
        raise UnusableKey(message)
    return KeySet(keys, problems)


def _read_or_problem(jwk: object) -> SigningKey | str:
    try:
        return _read_jwk(jwk)
    except UnusableKey as error:
        return str(error)


def _read_jwk(jwk: object) -> SigningKey:
    if not is_object(jwk):
        message = "a key that is not an object"
        raise UnusableKey(message)
    _check_members(jwk)
    kty = str(jwk.get("kty"))
    if kty not in _FAMILIES:
        # A symmetric key that is published is not a secret.
        message = f"a key of the type {kty[:20]!r}; allowed: {', '.join(_FAMILIES)}"
        raise UnusableKey(message)
    try:
        key = get_algorithm_by_name(_FAMILIES[kty]).from_jwk(jwk)
    except (
        PyJWTError,
        UnsupportedAlgorithm,
        ValueError,
        TypeError,
        KeyError,
    ) as error:
        message = "a key that cannot be read"
        raise UnusableKey(message) from error
    return _signing_key(str(jwk.get("kid") or ""), key, jwk.get("alg"))


def _check_members(jwk: JSONObject) -> None:
    uses = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not is_list(uses) or "verify" not in uses:
        message = "a key that is not for signatures"
        raise UnusableKey(message)
    if "d" in jwk:
        message = "a private key; publish its public part only"
        raise UnusableKey(message)
    for name in ("kid", "n", "e", "x", "y", "crv", "alg"):
        member = jwk.get(name, "")
        if not isinstance(member, str) or len(member) > _MAX_MEMBER:
            message = f"a key whose `{name}` is not a text of at most {_MAX_MEMBER}"
            raise UnusableKey(message)


def _pem_or_problem(pem: bytes) -> SigningKey | str:
    try:
        if pem.startswith(b"-----BEGIN CERTIFICATE"):
            return _signing_key("", load_pem_x509_certificate(pem).public_key(), None)
        return _signing_key("", load_pem_public_key(pem), None)
    except UnusableKey as error:
        return str(error)
    except (ValueError, UnsupportedAlgorithm):
        return "a part that is neither a public key nor a certificate"


def _signing_key(kid: str, key: object, alg: object) -> SigningKey:
    material, algorithms = key_algorithms(key)
    if alg is not None:
        algorithms &= {str(alg)}
    if not algorithms:
        message = f"a key for the algorithm {str(alg)[:20]!r}, which does not fit it"
        raise UnusableKey(message)
    der = material.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    names = f"{kid}\0{','.join(sorted(algorithms))}\0".encode()
    return SigningKey(kid, algorithms, material, sha256(names + der).digest())
