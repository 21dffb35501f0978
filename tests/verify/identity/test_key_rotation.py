"""A gateway with an OpenID provider that replaces its keys, or is down for a minute.

Fifty requests a second each carry a token that no request has carried before. One in
five is not valid: it is signed by a key of nobody, or has expired.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import httpx

from tests.support.oidc_provider import OidcProvider, oidc_provider
from tests.support.routed_gateway import routed_gateway
from tests.support.tokens import NOW, claims, rsa_key, token

CONFIG = """\
identity:
  jwt:
    own: {issuer: "%(issuer)s", audiences: weir, discovery: true, refresh: 1s}
  attempts: {verifications: 10000, failures: 10000}
upstreams:
  shop: {instances: ["http://127.0.0.1:1"], health: {active: false}}
subgraphs:
  shop: {upstream: shop, sdl: "%(folder)s/shop.graphql"}
facades:
  web: {path: /web, access: authenticated}
"""
PER_S = 50
QUERY = {"query": "{ __typename }"}
UNAVAILABLE = 503


@asynccontextmanager
async def gateway_of(
    provider: OidcProvider, folder: Path
) -> AsyncIterator[httpx.AsyncClient]:
    (folder / "shop.graphql").write_text("type Query { open: String }")
    config = CONFIG % {"issuer": provider.issuer, "folder": folder}
    async with (
        routed_gateway(config) as listener,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{listener.port}", timeout=10
        ) as client,
    ):
        yield client


def request_of(provider: OidcProvider, index: int) -> tuple[str, int]:
    """Return a token and the status that is right for it."""
    if index % 5:
        return provider.token(jti=uuid4().hex), 200
    if index % 2:
        return provider.token(jti=uuid4().hex, exp=NOW - 3600), 401
    kid = str(provider.keys[-1].as_dict()["kid"])
    content = claims(iss=provider.issuer, jti=uuid4().hex)
    return token(rsa_key("of nobody"), "RS256", content, kid=kid), 401


async def decisions(
    client: httpx.AsyncClient, provider: OidcProvider, seconds: float
) -> Counter[tuple[int, int]]:
    """Send requests at a steady rate; count the expected and the actual statuses."""
    found: Counter[tuple[int, int]] = Counter()

    async def send(text: str, expected: int) -> None:
        response = await client.post(
            "/web/graphql", json=QUERY, headers={"authorization": f"Bearer {text}"}
        )
        found[expected, response.status_code] += 1

    start_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for index in range(int(seconds * PER_S)):
            group.create_task(send(*request_of(provider, index)))
            await asyncio.sleep(
                max(0, start_s + (index + 1) / PER_S - time.monotonic())
            )
    return found


def check(found: Counter[tuple[int, int]]) -> None:
    print(dict(found))
    assert {expected for expected, _ in found} == {200, 401}
    assert not {pair: count for pair, count in found.items() if pair[0] != pair[1]}


async def test_no_decision_is_wrong_while_keys_are_replaced(tmp_path: Path) -> None:
    keys = [rsa_key(f"rotated-{index}") for index in range(6)]
    async with (
        oidc_provider(keys[0]) as provider,
        gateway_of(provider, tmp_path) as client,
    ):

        async def rotate() -> None:
            for old, new in pairwise(keys):
                await asyncio.sleep(2)
                provider.keys = [old, new]
                await asyncio.sleep(2)
                provider.keys = [new]

        async with asyncio.TaskGroup() as group:
            group.create_task(rotate())
            sending = group.create_task(decisions(client, provider, 22))
        retired = token(keys[0], "RS256", claims(iss=provider.issuer))
        response = await client.post(
            "/web/graphql", json=QUERY, headers={"authorization": f"Bearer {retired}"}
        )

    check(sending.result())
    assert response.json()["errors"][0]["extensions"]["code"] == "TOKEN_KEY_UNKNOWN"


async def test_no_valid_token_is_rejected_while_the_issuer_is_down(
    tmp_path: Path,
) -> None:
    async with (
        oidc_provider(rsa_key()) as provider,
        gateway_of(provider, tmp_path) as client,
    ):
        provider.status = UNAVAILABLE
        found = await decisions(client, provider, 60)

    check(found)
    assert provider.loads >= 1
