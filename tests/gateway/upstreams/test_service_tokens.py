"""The gateway's own tokens for a service, from a token endpoint over a real socket."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import orjson
import pytest

from tests.support.calls import request_context, upstream_request
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from tests.support.raw_service import RawService, ok, raw_service, read_body
from tests.support.served_process import Connection
from tests.support.upstream_stack import POLICY, A
from tests.support.upstreams import Fleet, runtime
from weir.gateway.headers import header
from weir.gateway.transport.errors import CircuitOpen, ServiceTokenUnavailable
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.transport.oauth_endpoint import OAuthClient
from weir.gateway.upstreams.model.client_credentials import ClientCredentials
from weir.gateway.upstreams.model.policy import HealthPolicy, UpstreamPolicy
from weir.gateway.upstreams.registry import Registry

FAILED = b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n"


@dataclass
class TokenServer:
    """Issues t1, t2, ... for `lifetime_s`, or responds with `failure`."""

    issued: int = 0
    lifetime_s: object = 100
    failure: bytes = b""
    hangs: bool = False
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    async def __call__(
        self, service: RawService, connection: Connection, head: bytes
    ) -> None:
        body = await read_body(connection, head)
        self.forms.append(parse_qs(body.decode()))
        if self.hangs:
            await service.gone.wait()
        if self.failure:
            await connection.send(self.failure)
            return
        self.issued += 1
        members = {
            "access_token": f"t{self.issued}",
            "token_type": "bearer",
            "expires_in": self.lifetime_s,
        }
        await connection.send(ok(orjson.dumps(members)))


@dataclass
class Service:
    """A service behind the registry, and the server of its tokens."""

    server: TokenServer
    endpoint: RawService
    policy: UpstreamPolicy
    registry: Registry
    clock: FakeClock
    fleet: Fleet

    async def call(self, *, safe: bool = True, path: str = "/") -> UpstreamResponse:
        upstream = self.registry.upstream("catalog")
        request = upstream_request("POST", path, safe=safe)
        return await upstream.call(request, request_context())

    @property
    def sent(self) -> list[str]:
        """The tokens of all requests to the service."""
        found = (header(each, b"authorization") for each in self.fleet.sent)
        return [(each or b"").decode() for each in found]


@asynccontextmanager
async def service(
    *, policy: UpstreamPolicy = POLICY, timeout_s: float = 5.0
) -> AsyncIterator[Service]:
    server, clock, fleet = TokenServer(), FakeClock(), Fleet()
    async with raw_service(server) as endpoint:
        client = OAuthClient(
            url=f"{endpoint.url}/token",
            client_id="weir",
            client_secret="s3cr3t",  # noqa: S106 - of tests
            timeout_s=timeout_s,
        )
        grant = ClientCredentials(client=client, scopes=("a", "b"), audience="shop")
        policy = replace(policy, grant=grant)
        registry = Registry({"catalog": policy}, runtime(clock), fleet.transport)
        asked = Service(server, endpoint, policy, registry, clock, fleet)
        try:
            yield asked
        finally:
            endpoint.gone.set()
            await asked.registry.close()


async def test_calls_share_one_request_for_a_token() -> None:
    async with service() as asked:
        await asyncio.gather(*(asked.call(path=f"/{each}") for each in range(9)))
        await asked.call()

        assert asked.sent == ["Bearer t1"] * 10
        assert asked.server.forms == [
            {
                "grant_type": ["client_credentials"],
                "scope": ["a b"],
                "audience": ["shop"],
            }
        ]
        basic = b64encode(b"weir:s3cr3t").decode()
        assert asked.endpoint.fields()["Authorization"] == f"Basic {basic}"


async def test_a_token_is_replaced_before_it_expires_while_calls_continue() -> None:
    async with service() as asked:
        await asked.call()
        asked.clock.advance(79)
        await asked.call()
        asked.clock.advance(2)
        asked.server.hangs = True
        await asked.call()
        await until(lambda: len(asked.server.forms) == 2)
        await asked.call()
        asked.server.hangs = False
        asked.endpoint.gone.set()
        await until(lambda: asked.server.issued == 2)
        async with asyncio.timeout(30):
            while asked.sent[-1] != "Bearer t2":
                await asked.call()
        assert set(asked.sent[:4]) == {"Bearer t1"}
        assert len(asked.server.forms) == 2


async def test_an_outage_of_the_token_endpoint_costs_nothing_until_the_token_expires(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with service() as asked:
        await asked.call()
        asked.server.failure = FAILED
        asked.clock.advance(90)
        await asked.call()
        await until(lambda: len(caplog.records) == 1)
        asked.clock.advance(9)
        for _ in range(20):
            with pytest.raises(ServiceTokenUnavailable, match="status 503"):
                await asked.call()
        assert len(asked.server.forms) == 3

        asked.server.failure = b""
        asked.clock.advance(2.5)
        await asked.call()

        assert asked.sent == ["Bearer t1", "Bearer t1", "Bearer t2"]
        first, last = (each.getMessage() for each in caplog.records)
        assert "no token from" in first
        assert "again" in last
        assert "s3cr3t" not in caplog.text


async def test_a_token_that_cannot_be_had_is_no_failure_of_the_service() -> None:
    async with service() as asked:
        asked.server.failure = FAILED
        for _ in range(30):
            asked.clock.advance(3)
            with pytest.raises(ServiceTokenUnavailable):
                await asked.call()
        asked.server.failure = b""
        asked.clock.advance(3)

        assert (await asked.call()).status == 200
        (found,) = asked.registry.snapshot()
        assert found.breaker.state == "closed"
        assert {each.health for each in found.endpoints} == {"healthy"}


@pytest.mark.parametrize("safe", [True, False])
async def test_a_rejected_token_is_replaced_once(*, safe: bool) -> None:
    async with service() as asked:
        await asked.call()
        asked.fleet.script(A, 401)
        asked.fleet.script("http://b:1", 401)
        response = await asked.call(safe=safe)

        assert response.status == 401
        assert asked.sent == ["Bearer t1", "Bearer t1", "Bearer t2"]

        assert (await asked.call(safe=safe)).status == 200
        assert asked.sent[-1] == "Bearer t2"


async def test_a_service_that_rejects_all_tokens_causes_few_requests() -> None:
    async with service() as asked:
        for url in (A, "http://b:1"):
            asked.fleet.script(url, *[401] * 100)
        for _ in range(20):
            assert (await asked.call()).status == 401

        assert len(asked.server.forms) == 2

        asked.clock.advance(11)
        await asked.call()
        assert len(asked.server.forms) == 3


async def test_the_breaker_still_counts_failures_of_the_service() -> None:
    async with service() as asked:
        for url in (A, "http://b:1"):
            asked.fleet.script(url, *[500] * 100)
        for _ in range(5):
            assert (await asked.call()).status == 500

        with pytest.raises(CircuitOpen):
            await asked.call()


def issues(member: str, value: object) -> bytes:
    members = {"access_token": "t", "token_type": "Bearer", member: value}
    return ok(orjson.dumps(members))


NO_TOKENS = [
    (issues("access_token", ""), "no `access_token`"),
    (issues("access_token", None), "no `access_token`"),
    (issues("access_token", "a b"), "no `access_token`"),
    (issues("access_token", "a\r\nx: y"), "no `access_token`"),
    (issues("access_token", "é"), "no `access_token`"),
    (issues("access_token", "a" * 17_000), "no `access_token`"),
    (issues("token_type", "mac"), "`token_type`"),
    (issues("token_type", None), "`token_type`"),
    (issues("expires_in", 0), "`expires_in`"),
    (issues("expires_in", "soon"), "`expires_in`"),
    (issues("expires_in", None), "`expires_in`"),
    (ok(b"[]"), "not a JSON object"),
    (ok(b"nothing"), "not a JSON object"),
    (ok(b'"' + b"a" * 70_000 + b'"'), "larger than 65536 bytes"),
    (
        b'HTTP/1.1 400 X\r\ncontent-length: 26\r\n\r\n{"error":"invalid_client"}',
        "status 400 and the error invalid_client",
    ),
    (b"HTTP/1.1 302 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n", "status 302"),
    (b"nonsense\r\n\r\n", "ServiceToken|illegal|Malformed|status line"),
]


async def test_a_response_that_is_not_a_token_is_an_error() -> None:
    async with service() as asked:
        for response, reason in NO_TOKENS:
            asked.server.failure = response
            asked.clock.advance(3)

            with pytest.raises(ServiceTokenUnavailable, match=reason):
                await asked.call()


async def test_a_token_endpoint_that_hangs_is_given_up() -> None:
    async with service(timeout_s=0.3) as asked:
        asked.server.hangs = True

        with pytest.raises(ServiceTokenUnavailable, match=r"no response within 0\.3 s"):
            await asked.call()


async def test_the_lifetime_may_be_a_text() -> None:
    async with service() as asked:
        asked.server.lifetime_s = "100"
        await asked.call()

        assert asked.sent == ["Bearer t1"]


async def test_health_checks_are_sent_the_token() -> None:
    policy = replace(POLICY, health=HealthPolicy(path="/up"))
    async with service(policy=policy) as asked:
        await asked.registry.check_health("catalog")

        assert asked.sent == ["Bearer t1", "Bearer t1"]

        asked.clock.advance(200)
        asked.server.failure = FAILED
        found = await asked.registry.check_health("catalog")

        assert {each.health for each in found.endpoints} == {"healthy"}
        assert "status 503" in found.endpoints[0].last_failure


async def test_the_next_generation_has_the_token_unless_the_grant_differs() -> None:
    async with service() as asked:
        await asked.call()
        changed = replace(asked.policy, slow_start_s=9.0)
        second = asked.registry.next({"catalog": changed})
        assert asked.policy.grant is not None
        client = replace(asked.policy.grant.client, client_secret="other")  # noqa: S106
        other = replace(changed, grant=replace(asked.policy.grant, client=client))
        third = second.next({"catalog": other})
        first, asked.registry = asked.registry, second
        await first.close()
        await asked.call()
        asked.registry = third
        await second.close()
        await asked.call()

        assert asked.sent == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_the_secret_is_not_in_the_text_of_a_policy() -> None:
    client = OAuthClient(url="https://h/t", client_id="c", client_secret="s3cr3t")  # noqa: S106

    assert "s3cr3t" not in repr(ClientCredentials(client=client))
