"""Which keys are used, and why others are not."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.tokens import ec_key, jwks, rsa_key
from weir.gateway.identity.jwt.algorithms import UnusableKey
from weir.gateway.identity.jwt.keys import read_jwks, read_key_file
from weir.gateway.identity.signing import read_token_key

RSA = rsa_key().as_dict(private=False)


def rsa_of(bits: int) -> dict[str, str]:
    """A public key of this size, though not one of two primes."""
    modulus = (2 ** (bits - 1) + 1).to_bytes(bits // 8, "big")
    encoded = base64.urlsafe_b64encode(modulus).rstrip(b"=").decode()
    return {"kty": "RSA", "kid": "small", "n": encoded, "e": "AQAB"}


UNUSABLE: list[tuple[Any, str]] = [
    ([], "there are no keys"),
    ([5], "a key that is not an object"),
    ([{"kty": "oct", "k": "AAAA"}], "a key of the type 'oct'"),
    ([{**RSA, "use": "enc"}], "a key that is not for signatures"),
    ([{**RSA, "key_ops": 5}], "a key that is not for signatures"),
    ([{**RSA, "alg": "ES256"}], "a key for the algorithm 'ES256'"),
    ([{**RSA, "alg": "HS256"}], "a key for the algorithm 'HS256'"),
    ([rsa_key().as_dict(private=True)], "a private key"),
    ([rsa_of(1024)], "an RSA key of 1024 bits"),
    ([rsa_of(4608)], "an RSA key of 4608 bits"),
    ([{**RSA, "n": "A" * 5000}], "a key whose `n`"),
    ([{**RSA, "kid": 5}], "a key whose `kid`"),
    ([{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}], "a key that cannot"),
    ([RSA] * 101, "the JWK Set has more than 100 keys"),
    ("x", "the JWK Set has no list `keys`"),
]


@pytest.mark.parametrize(
    ("keys", "reason"), UNUSABLE, ids=[each[1] for each in UNUSABLE]
)
def test_a_key_that_cannot_be_used_has_a_reason(keys: Any, reason: str) -> None:
    with pytest.raises(UnusableKey) as raised:
        read_jwks(json.dumps({"keys": keys}).encode())

    assert str(raised.value).startswith(reason)


def test_the_other_keys_of_a_set_are_used() -> None:
    good = jwks(rsa_key(), ec_key())["keys"]

    keys = read_jwks(json.dumps({"keys": [rsa_of(1024), *good]}).encode())

    assert [each.kid for each in keys.named("")] == ["rsa", "ec"]
    assert keys.named("small") == []
    assert keys.problems == ("an RSA key of 1024 bits; allowed: 2048 to 4096",)


def test_a_file_has_several_keys_in_pem_which_fit_any_kid() -> None:
    pem = rsa_key().as_pem(private=False) + ec_key().as_pem(private=False)

    keys = read_key_file(pem)

    (rsa, elliptic) = keys.named("any")
    assert "RS256" in rsa.algorithms
    assert elliptic.algorithms == {"ES256"}


def with_unknown_algorithm(pem: bytes) -> bytes:
    """Return the PEM with an object identifier of a key that nobody knows."""
    begin, *lines, end = pem.strip().splitlines()
    der = base64.b64decode(b"".join(lines))
    known = bytes.fromhex("2a8648ce3d0201")  # RFC 5480 §2.1.1
    changed = der.replace(known, known[:-1] + b"w")
    assert changed != der
    return b"\n".join((begin, base64.encodebytes(changed).strip(), end))


def test_a_file_may_have_a_key_of_an_unknown_algorithm_beside_others() -> None:
    unknown = with_unknown_algorithm(ec_key().as_pem(private=False))

    keys = read_key_file(unknown + b"\n" + rsa_key().as_pem(private=False))

    assert len(keys.named("any")) == 1
    assert keys.problems == ("a part that is neither a public key nor a certificate",)


def test_a_signing_key_of_an_unknown_algorithm_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(with_unknown_algorithm(ec_key().as_pem(private=True)))

    with pytest.raises(UnusableKey, match="is not a private key in PEM"):
        read_token_key(file)
