"""Opaque tokens from weir.yaml to the response."""

import asyncio
from pathlib import Path

import pytest

from tests.support.conditions import until
from tests.support.identified_gateway import bearer, identified_gateway
from tests.support.oidc_provider import oidc_provider
from tests.support.raw_service import ok, raw_service, responding
from tests.support.tokens import claims, rsa_key, token
from weir.bffs.config.decode import load_config
from weir.bffs.generations import identification
from weir.gateway.clock import SystemClock
from weir.gateway.identity.opaque.authenticator import OpaqueTokens

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


async def test_a_reload_keeps_the_verified_tokens(tmp_path: Path) -> None:
    active = responding(ok(b'{"active": true, "sub": "ann", "scope": "read"}'))
    async with (
        raw_service(active) as service,
        identified_gateway(tmp_path, CONFIG % service.url) as gateway,
    ):
        await gateway.send("readers", bearer("opaque"))
        for scope, status in (("read", 200), ("write", 403)):
            changed = (CONFIG % service.url).replace("[[read]]", f"[[{scope}]]")
            (tmp_path / "weir.yaml").write_text(changed)
            reloaded = await gateway.served.control.post("/config/reload")
            assert reloaded.status_code == 200

            assert (await gateway.send("readers", bearer("opaque"))).status == status

    assert len(service.heads) == 1


async def test_a_configuration_that_is_given_up_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[str] = []

    class Recorded(OpaqueTokens):
        async def release(self) -> None:
            released.append(self.policy.url)
            await super().release()

    monkeypatch.setattr(identification, "OpaqueTokens", Recorded)
    (tmp_path / "keys.json").write_text('{"keys": []}')
    async with oidc_provider(rsa_key()) as provider:
        provider.hangs = True
        (tmp_path / "weir.yaml").write_text(
            f"""\
identity:
  jwt:
    own: {{issuer: "{provider.issuer}", audiences: weir, discovery: true}}
  introspection: {{url: "{provider.issuer}/i", client_id: a, client_secret: b}}
  api_keys: {{file: keys.json}}
"""
        )
        loaded = load_config(tmp_path / "weir.yaml", {})
        before = asyncio.all_tasks()
        identifying = asyncio.create_task(
            identification.identify_callers(loaded, None, SystemClock())
        )
        await until(lambda: provider.asked != [])
        identifying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await identifying

        assert released == [f"{provider.issuer}/i"]
        await until(lambda: asyncio.all_tasks() == before)
