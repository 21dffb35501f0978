"""Keys and tokens for tests, made with joserfc: another library than the gateway's."""

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

ISSUER = "https://issuer.test"
AUDIENCE = "weir"
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of tests
NOW = int(time.time())  # noqa: TID251 - for gateways that run by the machine's clock
Key = RSAKey | ECKey | OKPKey | OctKey
_ALGORITHMS = [
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384"),
    *("PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA", "none"),
]


@cache
def rsa_key(kid: str = "rsa") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@cache
def ec_key(kid: str = "ec", curve: str = "P-256") -> ECKey:
    return ECKey.generate_key(curve, {"kid": kid})


@cache
def ed_key(kid: str = "ed") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid})


def secret_key(secret: str = SECRET) -> OctKey:
    return OctKey.import_key(secret)


def claims(**changes: Any) -> dict[str, Any]:
    """Valid claims; a change to None removes the claim."""
    made = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "iat": NOW,
        "exp": NOW + 86_400,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def token(
    key: Key,
    algorithm: str,
    content: Mapping[str, Any] | bytes | None = None,
    **header: Any,
) -> str:
    """A signed token; its header names the key unless `kid` is None."""
    fields = {"alg": algorithm, "kid": key.get("kid"), "typ": "JWT", **header}
    payload = content if isinstance(content, bytes) else _json(content or claims())
    registry = jws.JWSRegistry(algorithms=_ALGORITHMS)
    registry.strict_check_header = False
    sent = {name: value for name, value in fields.items() if value is not None}
    return jws.serialize_compact(sent, payload, key, registry=registry)


def jwks(*keys: Key) -> dict[str, Any]:
    """The public parts as a JWK Set."""
    return {"keys": [dict(each.as_dict(private=False)) for each in keys]}


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content).encode()
