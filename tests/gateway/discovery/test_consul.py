"""Instances by Consul, from a server that speaks its protocol."""

import asyncio

import pytest

from tests.support.discovery_sources.consul import entry, fake_consul
from tests.support.discovery_sources.following import first, following
from weir.gateway.discovery import consul
from weir.gateway.discovery.consul import ConsulDiscovery
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.policy import ConsulPolicy


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consul, "_PAUSE_S", 0.0)


async def test_passing_instances_are_found_with_their_weights_and_addresses() -> None:
    entries = (entry("10.0.0.1", 8080, 3), entry("", 8081), entry("fd00::1", 80, 0))
    async with fake_consul(*entries) as server:
        policy = ConsulPolicy(
            url=server.url, service="users", tags=("v2", "eu"), datacenter="dc2"
        )
        found = await first(ConsulDiscovery(policy))

    assert found == {
        "http://10.0.0.1:8080": 3,
        "http://10.0.0.250:8081": 1,
        "http://[fd00::1]": 1,
    }
    assert server.queries == [
        {"passing": ["true"], "stale": [""], "dc": ["dc2"], "tag": ["v2", "eu"]}
    ]


async def test_a_query_blocks_until_something_changes() -> None:
    async with fake_consul(entry("10.0.0.1", 80)) as server:
        policy = ConsulPolicy(url=server.url, service="users", stale=False)
        async with following(ConsulDiscovery(policy)) as changes:
            assert await anext(changes) == {"http://10.0.0.1": 1}
            change = asyncio.ensure_future(anext(changes))
            while len(server.queries) < 2:  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.01)
            assert not change.done()
            await server.change(entry("10.0.0.2", 80))
            assert await change == {"http://10.0.0.2": 1}

    assert server.queries[1] == {"passing": ["true"], "index": ["10"], "wait": ["60s"]}


async def test_an_index_that_goes_backwards_begins_again() -> None:
    async with fake_consul(entry("10.0.0.1", 80)) as server:
        policy = ConsulPolicy(url=server.url, service="users")
        async with following(ConsulDiscovery(policy)) as changes:
            await anext(changes)
            await server.change(entry("10.0.0.2", 80), index=3)
            assert await anext(changes) == {"http://10.0.0.2": 1}
            assert await anext(changes) == {"http://10.0.0.2": 1}

    assert "index" not in server.queries[2]


async def test_the_token_is_sent_and_a_refusal_names_the_status() -> None:
    async with fake_consul(entry("10.0.0.1", 80)) as server:
        server.token = "secret"  # noqa: S105 - of a fake
        right = ConsulPolicy(url=server.url, service="users", token="secret")  # noqa: S106
        wrong = ConsulPolicy(url=server.url, service="users", token="other")  # noqa: S106

        assert await first(ConsulDiscovery(right))
        with pytest.raises(DiscoveryError, match="health/service/users: status 403"):
            await first(ConsulDiscovery(wrong))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"<html>Welcome</html>", "JSON is malformed"),
        (b"", "truncated"),
        (b"{}", "Expected `array`, got `object`"),
        (b'[{"Node": {}, "Service": {"Port": "80"}}]', r"\$\[0\]\.Service\.Port"),
        (b'[{"Node": {}, "Service": {}}]', "missing required field `Port`"),
        (b'[{"Node": {}, "Service": {"Port": 80}}]', "'' is not a host name"),
        (
            b'[{"Node": {}, "Service": {"Address": "h/../x", "Port": 80}}]',
            "'h/../x' is not a host name",
        ),
        (
            b'[{"Node": {}, "Service": {"Address": "h\\r\\nx: y", "Port": 80}}]',
            "is not a host name",
        ),
        (
            b'[{"Node": {}, "Service": {"Address": "h", "Port": 0}}]',
            "the port of h is 0",
        ),
        (b"[" * 100_000, "cannot be used"),
        (b"x" * 5_000_000, "larger than 4194304 bytes"),
        (
            b"["
            + b",".join(
                b'{"Node":{},"Service":{"Address":"h%d","Port":1}}' % number
                for number in range(5001)
            )
            + b"]",
            "more than 5000 instances",
        ),
    ],
    ids=range(12),
)
async def test_a_hostile_response_is_one_clear_error(
    answer: bytes, reason: str
) -> None:
    async with fake_consul() as server:
        server.answer = answer
        policy = ConsulPolicy(url=server.url, service="users")

        with pytest.raises(DiscoveryError, match=reason) as caught:
            await first(ConsulDiscovery(policy))

    assert len(str(caught.value)) < 400


async def test_a_server_that_is_not_consul_is_named() -> None:
    async with fake_consul() as server:
        server.answer = b"[]"
        policy = ConsulPolicy(url=server.url, service="users")
        async with following(ConsulDiscovery(policy)) as changes:
            await anext(changes)
            with pytest.raises(DiscoveryError, match="no valid X-Consul-Index"):
                await anext(changes)


async def test_a_server_that_is_down_is_an_error_with_its_address() -> None:
    policy = ConsulPolicy(url="http://127.0.0.1:9", service="users")

    with pytest.raises(DiscoveryError, match=r"127\.0\.0\.1:9.*no response"):
        await first(ConsulDiscovery(policy))
