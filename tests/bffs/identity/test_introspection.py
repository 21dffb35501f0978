"""Opaque tokens from weir.yaml to the response."""

from pathlib import Path

from tests.support.identified_gateway import bearer, identified_gateway
from tests.support.raw_service import ok, raw_service, responding
from tests.support.tokens import claims, rsa_key, token

CONFIG = """\
identity:
  jwt:
    own: {issuer: "https://issuer.test", audiences: weir, keys: keys.json}
  introspection: {url: "%s/introspect", client_id: gateway, client_secret: secret}
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades:
  readers: {path: /readers, access: {scopes: [[read]]}}
"""
SIGNED = bearer(token(rsa_key(), "RS256", claims(scope="read")))


async def test_an_opaque_token_and_a_signed_one_are_both_accepted(
    tmp_path: Path,
) -> None:
    active = responding(ok(b'{"active": true, "sub": "ann", "scope": "read"}'))
    async with (
        raw_service(active) as service,
        identified_gateway(tmp_path, CONFIG % service.url) as gateway,
    ):
        replies = [
            await gateway.send("readers", headers)
            for headers in (bearer("opaque"), bearer("opaque"), SIGNED)
        ]

    assert [each.status for each in replies] == [200, 200, 200]
    assert len(service.heads) == 1


async def test_an_inactive_token_is_rejected_and_not_checked_again(
    tmp_path: Path,
) -> None:
    inactive = responding(ok(b'{"active": false}'))
    async with (
        raw_service(inactive) as service,
        identified_gateway(tmp_path, CONFIG % service.url) as gateway,
    ):
        replies = [await gateway.send("readers", bearer("gone")) for _ in range(3)]

    assert {(each.status, each.code) for each in replies} == {(401, "TOKEN_INACTIVE")}
    assert len(service.heads) == 1


async def test_a_server_that_is_down_affects_its_own_tokens_only(
    tmp_path: Path,
) -> None:
    config = CONFIG % "http://127.0.0.1:1"
    async with identified_gateway(tmp_path, config) as gateway:
        opaque = await gateway.send("readers", bearer("opaque"))
        signed = await gateway.send("readers", SIGNED)

    assert (opaque.status, opaque.code) == (503, "ISSUER_UNAVAILABLE")
    assert signed.status == 200
