"""The examples of docs/guides/migrate.md: each request gets what its line says."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.discovery_sources.consul import entry, fake_consul
from tests.support.oidc_provider import oidc_provider
from tests.support.raw_service import RawService, ok, raw_service, responding
from tests.support.routed_gateway import RoutedGateway, routed_gateway
from tests.support.tokens import rsa_key
from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "migrate.md").read_text()
BLOCKS: list[str] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
WHOLE, UPSTREAMS, *_ = BLOCKS
_FEATURE = re.compile(
    r"^### ([^\n]+)\n\n```yaml\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL | re.MULTILINE
)
FEATURES = [
    pytest.param(config, lines, id=title)
    for title, config, lines in _FEATURE.findall(PAGE)
]
_LINE = re.compile(
    r"(?P<method>[A-Z]+) (?P<target>\S+)(?: (?P<name>[a-z-]+): (?P<value>\S+))?"
    r" => (?P<status>\d+)(?: (?P<service>\w+): (?P<received>\S+))?"
)
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"


@dataclass
class Served:
    """A gateway with the routes of an example, and its two services."""

    gateway: RoutedGateway
    services: dict[str, RawService]

    async def send(self, line: re.Match[str]) -> None:
        """Send the request of a line, and compare what comes of it."""
        headers = {line["name"]: line["value"]} if line["name"] else {}
        before = {name: len(each.heads) for name, each in self.services.items()}
        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{self.gateway.port}{line['target']}"
            response = await client.request(line["method"], url, headers=headers)

        assert response.status_code == int(line["status"]), line[0]
        if line["service"]:
            service = self.services[line["service"]]
            assert len(service.heads) == before[line["service"]] + 1, line[0]
            expected = f"{line['method']} {line['received']} HTTP/1.1"
            assert service.request_line == expected


@asynccontextmanager
async def served(config: str) -> AsyncIterator[Served]:
    async with (
        raw_service(responding(ok(b"users"))) as users,
        raw_service(responding(ok(b"next"))) as following,
    ):
        text = UPSTREAMS.replace("http://10.0.0.7:8080", users.url)
        text = text.replace("http://10.0.0.8:8080", following.url)
        async with routed_gateway(DEFAULTS + text + config) as gateway:
            yield Served(gateway, {"users": users, "next": following})


@pytest.mark.parametrize(("config", "lines"), FEATURES)
async def test_requests_are_routed_as_the_page_says(config: str, lines: str) -> None:
    async with served(config) as running:
        for text in lines.strip().split("\n"):
            line = _LINE.fullmatch(text)
            assert line is not None, text
            await running.send(line)


def test_every_example_of_a_feature_is_short_and_has_requests() -> None:
    assert len(FEATURES) == PAGE.count("\n### ")
    assert all(1 < config.count("\n") <= 10 for _, config, _ in _FEATURE.findall(PAGE))


def test_the_whole_configuration_is_valid() -> None:
    config = decode_document(read_document(WHOLE, "weir.yaml", {})).config

    discovery = config.upstreams["users"].discovery
    assert discovery is not None
    assert discovery.consul is not None
    assert config.routes["users"].access.scopes == [["users"]]


async def test_the_whole_configuration_serves_its_callers() -> None:
    stored = ok(b"users", b"cache-control: public, max-age=60")
    async with AsyncExitStack() as stack:
        users = await stack.enter_async_context(raw_service(responding(stored)))
        port = int(users.url.rpartition(":")[2])
        consul = await stack.enter_async_context(fake_consul(entry("127.0.0.1", port)))
        company = await stack.enter_async_context(oidc_provider(rsa_key()))
        text = WHOLE.replace("http://127.0.0.1:8500", consul.url)
        text = text.replace("https://login.example.com", company.issuer)
        gateway = await stack.enter_async_context(routed_gateway(text))
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}/api/users")
        )
        token = company.token(aud="api", scope="users")
        caller = {"authorization": f"Bearer {token}"}
        preflight = {
            "origin": "https://www.example.com",
            "access-control-request-method": "PUT",
        }
        anonymous = await client.get("/7")
        first = await client.get("/7", headers=caller)
        second = await client.get("/7", headers=caller)
        large = await client.put("/7", headers=caller, content=bytes(2_000_000))
        allowed = await client.options("/7", headers=preflight)

    assert anonymous.status_code == httpx.codes.UNAUTHORIZED
    assert [each.headers["x-cache"] for each in (first, second)] == ["MISS", "HIT"]
    assert (first.text, second.text) == ("users", "users")
    # Health checks go to the service as well.
    received = [head.split(b"\r\n")[0] for head in users.heads]
    assert received.count(b"GET /7 HTTP/1.1") == 1
    assert {*received} <= {b"GET /7 HTTP/1.1", b"GET /health HTTP/1.1"}
    assert first.headers["ratelimit"].startswith('"caller";r=')
    assert large.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert allowed.headers["access-control-allow-origin"] == preflight["origin"]
