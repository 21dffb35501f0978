"""The caller's identity on its way to services: what a client sends is never used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.raw_service import RawService, ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from tests.support.tokens import SECRET, claims, secret_key, token
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError

IDENTITY = f"""\
identity:
  jwt:
    own: {{issuer: "https://issuer.test", audiences: weir, secret: {SECRET}}}
"""
CONFIG = """\
upstreams:
  shop:
    instances: [%(url)s]
    health: {active: false}
    headers:
      identity: {X-User-ID: subject, X-User-Role: roles, X-Tenant: claims.tenant}
subgraphs:
  shop: {upstream: shop, sdl: "%(folder)s/shop.graphql"}
facades:
  web: {path: /web}
routes:
  plain: {path: /plain/*, proxy: shop}
"""
ANN = token(
    secret_key(), "HS256", claims(sub="ann", tenant="t1", roles=["editor", "staff"])
)
COPIES = {
    "X-User-ID": "root",
    "x_user_id": "root",
    "X-User-Role": "admin",
    "X-Tenant": "all",
}
NAMES = ("x-user-id", "x_user_id", "x-user-role", "x-tenant")


@asynccontextmanager
async def gateway(
    folder: Path, *fields: bytes
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService]]:
    (folder / "shop.graphql").write_text("type Query { open: String }")
    lines = (b"content-type: application/json", *fields)
    response = ok(b'{"data": {"open": "yes"}}', *lines)
    async with raw_service(responding(response)) as service:
        config = IDENTITY + CONFIG % {"url": service.url, "folder": folder}
        async with (
            routed_gateway(config) as listener,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as client,
        ):
            yield client, service


async def ask(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    query = {"query": "{ open }"}
    replies = (
        await client.post("/web/graphql", json=query, headers=headers),
        await client.get("/plain/x", headers=headers),
    )
    assert [each.status_code for each in replies] == [200, 200]


async def test_a_service_gets_the_identity_of_a_verified_caller(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (client, service):
        await ask(client, {**COPIES, "Authorization": f"Bearer {ANN}"})

        for index in (0, 1):
            fields = {
                name.lower(): value for name, value in service.fields(index).items()
            }
            assert {name: fields.get(name) for name in NAMES} == {
                "x-user-id": "ann",
                "x_user_id": None,
                "x-user-role": "editor,staff",
                "x-tenant": "t1",
            }


async def test_an_anonymous_client_cannot_name_itself(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (client, service):
        await ask(client, COPIES)

        for index in (0, 1):
            fields = {name.lower() for name in service.fields(index)}
            assert fields.isdisjoint(NAMES)


async def test_a_response_to_anonymous_clients_is_not_for_others(
    tmp_path: Path,
) -> None:
    fields = (b"cache-control: public, max-age=60", b"vary: X-User-ID")
    async with gateway(tmp_path, *fields) as (client, _):
        query = {"query": "{ open }"}
        graphql = await client.post("/web/graphql", json=query)
        proxied = await client.get("/plain/x")

    assert graphql.headers["vary"].lower() == "accept, authorization"
    assert proxied.headers["vary"] == "authorization"
    assert proxied.headers["cache-control"] == "public, max-age=60"


OWN = "identity: {X-User-ID: subject, X-User-Role: roles, X-Tenant: claims.tenant}"
REFUSED = [
    (
        f"forward: [x-user-id], {OWN}",
        '"x-user-id" of `forward` is a field of',
    ),
    (f"set: {{X_User_Id: a}}, {OWN}", '"X_User_Id" of `set` is a field of'),
    ("identity: {X-A: sub}", "expected one of subject, issuer"),
    ("identity: {Authorization: subject}", "cannot name the caller"),
    ("identity: {Host: subject}", "cannot name the caller"),
    ("identity: {Proxy_Authorization: subject}", "cannot name the caller"),
    ("identity: {X-A: subject, x-a: issuer}", '`identity` has "x-a" twice'),
    ("forward: [X_Request_Id]", "cannot be forwarded from clients"),
    ("set: {Content_Length: '1'}", "cannot be set"),
    ("set: {X-A: '1'}, forward: [x_a]", '"x_a" of `forward` has no effect'),
]


@pytest.mark.parametrize(("rules", "message"), REFUSED)
def test_wrong_rules_are_refused_with_their_line(
    tmp_path: Path, rules: str, message: str
) -> None:
    text = IDENTITY + CONFIG % {"url": "http://h:1", "folder": "."}
    file = tmp_path / "weir.yaml"
    file.write_text(text.replace(f"headers:\n      {OWN}", f"headers: {{{rules}}}"))

    with pytest.raises(ConfigError, match=r"weir\.yaml:[0-9]+") as raised:
        load_config(file, {})

    assert message in str(raised.value)


def test_without_credentials_the_rules_have_no_effect(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(CONFIG % {"url": "http://h:1", "folder": "."})

    with pytest.raises(
        ConfigError, match=r"weir\.yaml:6:7: upstreams\.shop\.headers\.identity: needs"
    ):
        load_config(file, {})


async def test_a_service_does_not_get_the_api_key_of_its_caller(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"keys": []}')
    fixed = "headers: {set: {X-Zone: a}}"
    config = f"""\
identity:
  api_keys: {{file: "{tmp_path}/keys.json", header: x_api_key}}
  jwt:
    own: {{issuer: "https://issuer.test", audiences: weir, secret: {SECRET}}}
upstreams:
  shop: {{instances: [%s], health: {{active: false}}, {fixed}}}
routes:
  plain: {{path: /plain/*, proxy: shop}}
"""
    sent = {"X-Api-Key": "secret", "X_Zone": "b", "X-Zone": "c"}
    async with (
        raw_service(responding(ok(b""))) as service,
        routed_gateway(config % service.url) as listener,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as client,
    ):
        await client.get("/plain/x", headers=sent)

        head = service.heads[-1].lower()
        assert b"secret" not in head
        assert head.count(b"zone") == 1
        assert b"x-zone: a\r\n" in head
