"""Plain routes have the steps of façades, and streams of their own."""

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.gateway import running_gateway
from tests.support.memory_exchange import request_head
from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import generation_of, routed_gateway
from weir.bffs.cli.main import app
from weir.gateway.events import RequestFinished

CONFIG = """
upstreams:
  service: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  open: {{path: /open/*, proxy: service}}
  browsers:
    path: /browsers/*
    proxy: service
    cors: {{origins: ["https://shop.example"]}}
  posts:
    path: /browsers/posts
    methods: [POST]
    proxy: service
    cors: {{origins: ["https://blog.example"]}}
  few:
    path: /few/*
    proxy: service
    rate_limits: {{each: {{rate: "2 per 1h"}}}}
  inside:
    path: /inside/*
    proxy: service
    addresses: {{allow: [10.0.0.0/8]}}
"""
PREFLIGHT = {"origin": "https://shop.example", "access-control-request-method": "POST"}


def client_of(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}")


async def test_a_preflight_belongs_to_the_gateway_if_the_route_has_cors() -> None:
    field = b"access-control-allow-origin: https://of-the-service.example"
    async with (
        raw_service(responding(ok(b"", field))) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
        client_of(gateway.port) as client,
    ):
        allowed = await client.options("/browsers/x", headers=PREFLIGHT)
        assert allowed.status_code == httpx.codes.NO_CONTENT
        origin = "access-control-allow-origin"
        assert allowed.headers[origin] == "https://shop.example"
        assert not service.heads

        of_post = {**PREFLIGHT, "origin": "https://blog.example"}
        of_posts = await client.options("/browsers/posts", headers=of_post)
        assert of_posts.headers[origin] == "https://blog.example"
        assert not service.heads

        response = await client.get("/browsers/x", headers=PREFLIGHT)
        assert response.headers.get_list(origin) == ["https://shop.example"]

        passed = await client.options("/open/x", headers=PREFLIGHT)
        assert passed.headers[origin] == "https://of-the-service.example"
        assert service.request_line == "OPTIONS /open/x HTTP/1.1"


async def test_limits_and_addresses_apply_to_a_route() -> None:
    async with (
        raw_service(responding(ok(b"hi"))) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
        client_of(gateway.port) as client,
    ):
        statuses = [(await client.get("/few/x")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]

        assert (await client.get("/inside/x")).status_code == httpx.codes.FORBIDDEN
        labels = [
            (each.route, each.status)
            for each in gateway.sink.events
            if isinstance(each, RequestFinished)
        ]
        assert labels == [("few", 200), ("few", 200), ("few", 429), ("inside", 403)]


async def test_a_response_is_compressed_for_a_client_that_accepts_it() -> None:
    text = b"text " * 1000
    async with (
        raw_service(responding(ok(text, b"content-type: text/plain"))) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
        client_of(gateway.port) as client,
    ):
        response = await client.get("/open/x", headers={"accept-encoding": "gzip"})
        assert response.headers["content-encoding"] == "gzip"
        assert response.content == text

        head = await client.head("/open/x", headers={"accept-encoding": "gzip"})
        assert "content-length" not in head.headers


WITH_KEYS = """
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s}}
identity: {{api_keys: {{file: keys.json}}}}
upstreams:
  service: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  partners: {{path: /*, proxy: service, access: authenticated}}
"""


async def test_a_route_with_access_rules_needs_a_credential(tmp_path: Path) -> None:
    async with raw_service(responding(ok(b"hi"))) as service:
        file = tmp_path / "weir.yaml"
        file.write_text(WITH_KEYS.format(url=service.url))
        (tmp_path / ".env").write_text("WEIR_PORT=1\nWEIR_CONTROL=127.0.0.1:2\n")
        created = CliRunner().invoke(
            app, ["keys", "create", "ada", "--config", str(file)]
        )
        (key,) = (each for each in created.output.split() if each.startswith("weir_"))
        async with running_gateway(file) as gateway, httpx.AsyncClient() as client:
            url = f"{gateway.url}/x"
            assert (await client.get(url)).status_code == httpx.codes.UNAUTHORIZED
            assert not service.heads

            response = await client.get(url, headers={"x-api-key": key})
            assert response.text == "hi"
            assert response.headers["cache-control"] == "private"
            assert "x-api-key" not in service.fields()


@pytest.mark.parametrize(
    ("change", "continues"),
    [
        (("upstreams:", "server: {max_body: 2MiB}\nupstreams:"), True),
        (("path: /few/*", "path: /fewer/*"), True),
        (("{path: /open/*, ", "{path: /open/*, timeout: 3s, "), False),
        (("  open: {path: /open/*, proxy: service}\n", ""), False),
    ],
)
async def test_a_stream_continues_if_its_route_has_not_changed(
    change: tuple[str, str], *, continues: bool
) -> None:
    text = CONFIG.format(url="http://127.0.0.1:1")
    before = await generation_of(text)
    after = await generation_of(text.replace(*change), before)

    route = before.route(request_head("/open/x")).route

    assert after.serves(route) is continues
    await before.close()
    await after.close()


async def test_methods_of_webdav_have_to_be_named() -> None:
    async with raw_service(responding(ok(b"done"))) as service:
        config = f"""
upstreams: {{u: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  files: {{path: /files/*, methods: [GET, PROPFIND, MKCOL], proxy: u}}
  others: {{path: /others/*, proxy: u}}
"""
        async with routed_gateway(config) as gateway, httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{gateway.port}"
            found = await client.request("PROPFIND", f"{url}/files/a", content=b"<a/>")
            unnamed = await client.request("PROPFIND", f"{url}/others/a")
            unknown = await client.request("SUBSCRIBE", f"{url}/files/a")

    assert (found.status_code, found.text) == (200, "done")
    assert service.request_line == "PROPFIND /files/a HTTP/1.1"
    assert service.bodies == [b"<a/>"]
    assert unnamed.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert unknown.status_code == httpx.codes.NOT_IMPLEMENTED


@pytest.mark.parametrize("client_type", ["", "client_type: phone,"])
async def test_the_limits_of_a_route_replace_those_of_its_service(
    client_type: str,
) -> None:
    limited = ok(b"done", b"x-ratelimit-limit: 9", b"x-ratelimit-remaining: 8")
    async with raw_service(responding(limited)) as service:
        config = f"""
upstreams: {{u: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  r: {{path: /r, {client_type} proxy: u, rate_limits: {{all: {{rate: 5 per 1h}}}}}}
"""
        async with routed_gateway(config) as gateway, httpx.AsyncClient() as client:
            response = await client.get(f"http://127.0.0.1:{gateway.port}/r")

    names = ("x-ratelimit-limit", "x-ratelimit-remaining")
    assert [response.headers.get_list(each) for each in names] == [["5"], ["4"]]
