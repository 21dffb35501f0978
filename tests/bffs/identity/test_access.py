"""From weir.yaml and a credential to the response, through the whole pipeline."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.identified_gateway import (
    CONFIG,
    bearer,
    identified_gateway,
)
from tests.support.tokens import claims, jwks, rsa_key, token
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.identity import issuer_policies
from weir.bffs.generations.identification import Identification, identify_callers
from weir.gateway.clock import SystemClock


def signed(**changes: object) -> dict[bytes, bytes]:
    return bearer(token(rsa_key(), "RS256", claims(**changes)))


BASIC = {b"authorization": b"Basic YQ=="}
CASES: list[tuple[str, Mapping[bytes, bytes], int, str, str]] = [
    ("open", {}, 200, "", ""),
    ("open", signed(), 200, "", ""),
    ("open", bearer("a.b.c"), 401, "TOKEN_MALFORMED", "invalid_token"),
    ("open", BASIC, 401, "AUTHENTICATION_SCHEME_NOT_SUPPORTED", "invalid_token"),
    ("open", {b"authorization": b"Bearer"}, 401, "TOKEN_MALFORMED", "invalid_token"),
    ("open", bearer("a" * 17_000), 400, "CREDENTIAL_TOO_LARGE", "invalid_request"),
    ("known", {}, 401, "UNAUTHENTICATED", "Bearer"),
    ("known", signed(), 200, "", ""),
    ("known", signed(exp=1000), 401, "TOKEN_EXPIRED", "invalid_token"),
    ("readers", {}, 401, "UNAUTHENTICATED", "Bearer"),
    ("readers", signed(scope="read"), 403, "FORBIDDEN", 'scope="admin"'),
    ("readers", signed(scope="read books"), 200, "", ""),
    ("readers", signed(scope="admin"), 200, "", ""),
    ("editors", signed(), 403, "FORBIDDEN", ""),
    ("editors", signed(roles=["editor"]), 200, "", ""),
]  # fmt: skip


async def test_every_caller_gets_what_the_rule_of_the_facade_allows(
    tmp_path: Path,
) -> None:
    async with identified_gateway(tmp_path) as gateway:
        for facade, headers, status, code, challenge in CASES:
            reply = await gateway.send(facade, headers)

            assert (reply.status, reply.code) == (status, code), (facade, headers)
            assert challenge in reply.challenge
            assert bool(challenge) == bool(reply.challenge)


async def test_a_path_without_an_endpoint_reveals_nothing_to_strangers(
    tmp_path: Path,
) -> None:
    async with identified_gateway(tmp_path) as gateway:
        assert (await gateway.send("known", path="/x")).code == "UNAUTHENTICATED"
        assert (await gateway.send("known", signed(), path="/x")).code == "NOT_FOUND"


async def test_decisions_are_counted(tmp_path: Path) -> None:
    async with identified_gateway(tmp_path) as gateway:
        await gateway.send("known")
        await gateway.send("known", signed())
        await gateway.send("known", signed(exp=1000))
        metrics = (await gateway.served.control.get("/metrics")).text

    for labels in (
        'method="anonymous",outcome="UNAUTHENTICATED"',
        'method="jwt",outcome="allowed"',
        'method="jwt",outcome="TOKEN_EXPIRED"',
    ):
        assert f"gateway_auth_total{{{labels}}} 1.0" in metrics


async def test_the_next_generation_shares_the_issuers_that_have_not_changed(
    tmp_path: Path,
) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(jwks(rsa_key())))
    file = tmp_path / "weir.yaml"
    generations: list[Identification] = []
    for audience in ("weir", "weir", "other"):
        file.write_text(CONFIG.replace("audiences: weir", f"audiences: {audience}"))
        loaded = load_config(file, {})
        previous = generations[-1] if generations else None
        generations.append(await identify_callers(loaded, previous, SystemClock()))

    first, same, other = generations
    assert same.issuers == first.issuers
    assert other.issuers != first.issuers
    for each in generations:
        await each.close()


KEYS = "keys: keys.json"
REFUSED = [
    (KEYS, "jwks_url: 'https://h/k', algorithms: [HS256]", "HS256: these need"),
    (KEYS, "secret: short", "the secret has less than 32 bytes"),
    (KEYS, f"secret: '{'x' * 32}', algorithms: [RS256]", "RS256: a secret of this"),
    (KEYS, f"secret: '{'x' * 32}', algorithms: [HS512]", "HS512: a secret of this"),
    (KEYS, f"{KEYS}, discovery: true", "expected one of `discovery`"),
    (KEYS, "jwks_url: 'http://h/k'", "expected https"),
    (f", {KEYS}", "", "expected one of `discovery`"),
    (KEYS, "keys: missing.json", "cannot be read"),
    (KEYS, "discovery: true, algorithms: [none]", "Input should be"),
    ("audiences: weir", "audiences: []", "at least 1 item"),
    ("audiences: weir", "audiences: weir, leeway: 10m", "longer than 5 minutes"),
    ("[[read, books], [admin]]", "[[read], []]", "would admit all callers"),
    ("access: authenticated", "access: everybody", "expected `anonymous`"),
    ("identity:\n", "identity:\n  roles: {editors: {}}\n", 'unknown role "editor"'),
    ("    own: {", "    other: {issuer: 'https://issuer.test', audiences: a, secret: "
     f"'{'x' * 32}'}}\n    own: {{", "has the same issuer"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "changed", "message"), REFUSED)
def test_a_wrong_configuration_is_refused_with_its_line(
    tmp_path: Path, part: str, changed: str, message: str
) -> None:
    assert part in CONFIG
    (tmp_path / "keys.json").write_text('{"keys": []}')
    file = tmp_path / "weir.yaml"
    file.write_text(CONFIG.replace(part, changed))

    with pytest.raises(ConfigError, match=r"weir\.yaml:[0-9]+") as raised:
        issuer_policies(load_config(file, {}))

    assert message in str(raised.value)
    assert "x" * 32 not in str(raised.value)


def test_an_access_rule_needs_a_configured_method_of_authentication(
    tmp_path: Path,
) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("facades: {web: {path: /web, access: authenticated}}")

    with pytest.raises(ConfigError, match="configure `identity`"):
        load_config(file, {})


async def test_the_age_of_the_keys_of_an_issuer_is_a_metric(tmp_path: Path) -> None:
    async with identified_gateway(tmp_path) as gateway:
        metrics = (await gateway.served.control.get("/metrics")).text

    (line,) = [
        each
        for each in metrics.splitlines()
        if each.startswith('gateway_issuer_keys_age_seconds{issuer="own"}')
    ]
    assert 0 < float(line.split()[1]) < 600
