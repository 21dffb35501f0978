"""Tokens that the gateway signs for services, checked by another library."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from tests.support.raw_service import RawService, ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from tests.support.tokens import SECRET, claims, ec_key, rsa_key, secret_key, token
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.upstream import upstream_policies

CONFIG = """\
identity:
  jwt:
    own: {issuer: "https://issuer.test", audiences: weir, secret: %(secret)s}
  signing: {issuer: "https://gateway.test", keys: [%(keys)s], lifetime: 60s}
upstreams:
  shop:
    instances: [%(url)s]
    health: {active: false}
    headers: {token: {audience: shop}}
  other: {instances: [%(url)s], health: {active: false}}
subgraphs:
  shop: {upstream: shop, sdl: "%(folder)s/shop.graphql"}
facades:
  web: {path: /web}
routes:
  plain: {path: /plain/*, proxy: shop}
  other: {path: /other/*, proxy: other}
"""
ANN = {
    "Authorization": "Bearer "
    + token(
        secret_key(),
        "HS256",
        claims(sub="ann", scope="b a", roles=["editor"], client_id="app"),
    )
}
KEYS: dict[str, OKPKey | ECKey | RSAKey] = {
    "EdDSA": OKPKey.generate_key("Ed25519"),
    "ES256": ec_key(),
    "RS256": rsa_key(),
}


def write(folder: Path, **keys: OKPKey | ECKey | RSAKey) -> str:
    for name, key in keys.items():
        (folder / f"{name}.pem").write_bytes(key.as_pem(private=True))
    return ", ".join(f"{folder}/{name}.pem" for name in keys)


@asynccontextmanager
async def gateway(
    folder: Path, **keys: OKPKey | ECKey | RSAKey
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService]]:
    (folder / "shop.graphql").write_text("type Query { open: String }")
    response = ok(b'{"data": {"open": "yes"}}', b"content-type: application/json")
    async with raw_service(responding(response)) as service:
        config = CONFIG % {
            "url": service.url,
            "folder": folder,
            "secret": SECRET,
            "keys": write(folder, **keys),
        }
        async with (
            routed_gateway(config) as listener,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as client,
        ):
            yield client, service


async def public_keys(client: httpx.AsyncClient) -> KeySet:
    response = await client.get("/.well-known/jwks.json")
    assert response.headers["content-type"] == "application/jwk-set+json"
    assert response.headers["cache-control"] == "public, max-age=300"
    assert "d" not in response.json()["keys"][0]
    return KeySet.import_key_set(response.json())


def sent_token(service: RawService, index: int = -1) -> str:
    fields = {name.lower(): each for name, each in service.fields(index).items()}
    scheme, _, value = fields["authorization"].partition(" ")
    assert scheme == "Bearer"
    return value


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", KEYS)
async def test_a_service_gets_a_token_that_the_published_keys_verify(
    tmp_path: Path, algorithm: str
) -> None:
    async with gateway(tmp_path, key=KEYS[algorithm]) as (client, service):
        await client.post("/web/graphql", json={"query": "{ open }"}, headers=ANN)
        await client.get("/plain/x", headers=ANN)
        keys = await public_keys(client)

        assert sent_token(service, 0) == sent_token(service, 1)
        verified = jwt.decode(sent_token(service), keys, algorithms=[algorithm])

    found: dict[str, Any] = dict(verified.claims)
    assert verified.header["typ"] == "at+jwt"
    assert found.pop("exp") - found.pop("iat") == 60
    assert found == {
        "iss": "https://gateway.test",
        "aud": "shop",
        "sub": "ann",
        "client_id": "app",
        "idp": "https://issuer.test",
        "auth_method": "jwt",
        "scope": "a b",
        "roles": ["editor"],
    }


async def test_anonymous_callers_get_no_token(tmp_path: Path) -> None:
    async with gateway(tmp_path, key=ec_key()) as (client, service):
        await client.post("/web/graphql", json={"query": "{ open }"})
        await client.get("/plain/x")

        for index in (0, 1):
            names = {name.lower() for name in service.fields(index)}
            assert "authorization" not in names


async def test_only_the_first_key_signs_and_all_are_published(tmp_path: Path) -> None:
    new, old = ec_key("new"), ec_key("old")
    async with gateway(tmp_path, new=new, old=old) as (client, service):
        await client.get("/plain/x", headers=ANN)
        keys = await public_keys(client)
        verified = jwt.decode(sent_token(service), keys, algorithms=["ES256"])

    assert verified.header["kid"] == new.thumbprint()
    assert {each.kid for each in keys.keys} == {new.thumbprint(), old.thumbprint()}


def small_key() -> bytes:
    key = generate_private_key(65537, 1024)  # noqa: S505 - to be refused
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


REFUSED = [
    ("keys: [key.pem]", "keys: [none.pem]", "none.pem cannot be read"),
    ("keys: [key.pem]", "keys: [public.pem]", "is not a private key in PEM"),
    ("keys: [key.pem]", "keys: [small.pem]", "an RSA key of 1024 bits"),
    ("keys: [key.pem]", "keys: []", "at least 1 item"),
    ("lifetime: 60s", "lifetime: 1s", "from 10 seconds to 15 minutes"),
    ("lifetime: 60s", "jwks_path: '/{a}'", "a path without parameters"),
    ("{token: {audience: shop}}", "{token: {audience: ''}}", "at least 1 character"),
    (
        "{token: {audience: shop}}",
        "{forward: [Authorization], token: {audience: shop}}",
        '"Authorization" of `forward` is a field of `token` too',
    ),
    (
        '  signing: {issuer: "https://gateway.test", keys: [key.pem], lifetime: 60s}\n',
        "",
        "needs keys; configure `identity.signing`",
    ),
]


@pytest.mark.parametrize(("part", "changed", "message"), REFUSED)
def test_a_wrong_rule_is_refused_with_its_line(
    tmp_path: Path, part: str, changed: str, message: str
) -> None:
    write(tmp_path, key=ec_key())
    (tmp_path / "small.pem").write_bytes(small_key())
    (tmp_path / "public.pem").write_bytes(ec_key().as_pem(private=False))
    text = CONFIG % {
        "url": "http://h:1",
        "folder": ".",
        "secret": SECRET,
        "keys": "key.pem",
    }
    assert part in text
    file = tmp_path / "weir.yaml"
    file.write_text(text.replace(part, changed))

    with pytest.raises(ConfigError, match=r"weir\.yaml:[0-9]+") as raised:
        upstream_policies(load_config(file, {}))

    assert message in str(raised.value)
