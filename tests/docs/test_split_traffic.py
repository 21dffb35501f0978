"""The examples of docs/guides/split-traffic.md do what the page says."""

import json
import re
from collections import Counter
from pathlib import Path

import httpx

from tests.support.conditions import until
from tests.support.controlled_app import controlled_app
from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from tests.support.tokens import SECRET, claims, secret_key, token

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "split-traffic.md").read_text()
SPLIT, COHORTS, FAILOVER, MIRROR = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"


async def test_the_canary_of_the_page_gets_insiders_and_a_share() -> None:
    async with (
        raw_service(responding(ok(b"stable"))) as stable,
        raw_service(responding(ok(b"canary"))) as canary,
    ):
        text = SPLIT.replace("http://10.0.0.7:8080", stable.url)
        text = text.replace("http://10.0.0.8:8080", canary.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            insider = await client.get(
                "/api/users/1", headers={"cookie": "group=insiders"}
            )
            assert insider.text == "canary"
            for user in range(100):
                await client.get("/api/users/1", headers={"x-user-id": str(user)})

    assert 80 < len(stable.heads) < 100
    assert stable.fields()["x-weir-backend"] == "stable"


async def test_the_weights_of_the_page_are_shifted(tmp_path: Path) -> None:
    ((weights, path),) = re.findall(
        r"--json '(.*?)' http://127\.0\.0\.1:4001(\S+)", PAGE
    )

    async with controlled_app(tmp_path, DEFAULTS + SPLIT) as app:
        shifted = await app.control.post(path, json=json.loads(weights))
        routes = (await app.control.get("/routes")).json()["routes"]

    assert shifted.status_code == httpx.codes.OK
    assert routes[1]["weights"] == {"stable": 75, "canary": 25}


async def test_the_cohorts_of_the_page_have_their_sides() -> None:
    staff = token(secret_key(), "HS256", claims(department=["shop"]), kid=None)
    async with (
        raw_service(responding(ok(b"stable"))) as stable,
        raw_service(responding(ok(b"canary"))) as canary,
    ):
        text = COHORTS.replace("http://10.0.0.7:8080", stable.url)
        text = text.replace("http://10.0.0.8:8080", canary.url)
        text = text.replace("${SPLIT_SECRET}", "0123456789abcdef")
        text = text.replace("${JWT_SECRET}", SECRET)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            tester = await client.get("/api/users/1", headers={"x-side": "canary"})
            sides = Counter(
                [
                    (
                        await sent(gateway.port, {"authorization": f"Bearer {staff}"})
                    ).text
                    for _ in range(60)
                ]
            )
            cookie = tester.headers["set-cookie"].partition(";")[0]
            again = await sent(gateway.port, {"cookie": cookie})

    assert tester.text == "canary"
    assert "HttpOnly" in tester.headers["set-cookie"]
    assert tester.headers["cache-control"] == "private"
    assert 10 < sides["canary"] < 50
    assert "set-cookie" not in again.headers


async def sent(port: int, headers: dict[str, str]) -> httpx.Response:
    """Send a request of a client without cookies of its own."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        return await client.get("/api/users/1", headers=headers)


async def test_the_standby_of_the_page_gets_what_the_main_backend_cannot() -> None:
    async with raw_service(responding(ok(b"standby"))) as standby:
        text = FAILOVER.replace("http://10.0.0.7:8080", "http://127.0.0.1:9")
        text = text.replace("http://10.0.0.8:8080", standby.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get("/api/users/1")

    assert response.text == "standby"


async def test_the_mirror_of_the_page_gets_a_tenth() -> None:
    async with (
        raw_service(responding(ok(b"users"))) as users,
        raw_service(responding(ok(b"next"))) as following,
    ):
        text = MIRROR.replace("http://10.0.0.7:8080", users.url)
        text = text.replace("http://10.0.0.8:8080", following.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            for _ in range(100):
                assert (await client.get("/api/users/1")).text == "users"
            await until(lambda: 0 < len(following.heads) < 40)

    assert following.fields()["x-weir-mirrored"] == "true"
