"""Instances by etcd, from a server that speaks the protocol of its JSON gateway."""

from typing import Any

import pytest

from tests.support.discovery_sources.etcd import fake_etcd, text
from tests.support.discovery_sources.following import first, following
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.etcd import EtcdDiscovery
from weir.gateway.discovery.policy import EtcdPolicy

A, B = "http://10.0.0.1:8080", "http://10.0.0.2:8080"


def policy(url: str, prefix: str = "/services/users/") -> EtcdPolicy:
    return EtcdPolicy(url=url, prefix=prefix)


async def test_the_values_below_a_prefix_are_instances() -> None:
    async with fake_etcd(a=A, b=f'{{"url": "{B}", "weight": 3}}') as server:
        server.keys["/services/orders/x"] = "http://10.0.0.9"

        found = await first(EtcdDiscovery(policy(server.url)))

    assert found == {A: 1, B: 3}
    (_, query), *_ = server.requests
    # The slash is followed by the zero.
    assert query["range_end"] == text("/services/users0")


async def test_changes_are_watched_from_the_next_revision() -> None:
    async with (
        fake_etcd(a=A) as server,
        following(EtcdDiscovery(policy(server.url))) as changes,
    ):
        assert await anext(changes) == {A: 1}
        server.put("/services/users/b", B)
        assert await anext(changes) == {A: 1, B: 1}
        server.delete("/services/users/a")
        assert await anext(changes) == {B: 1}

    watch = server.requests[-1][1]["create_request"]
    assert watch["start_revision"] == "8"


async def test_a_watch_that_is_compacted_ends_so_that_the_keys_are_read_again() -> None:
    async with fake_etcd(a=A) as server:
        compacted = {"canceled": True, "compact_revision": "20"}
        server.lines.put_nowait({"result": compacted})
        async with following(EtcdDiscovery(policy(server.url))) as changes:
            assert await anext(changes) == {A: 1}
            with pytest.raises(StopAsyncIteration):
                await anext(changes)


async def test_a_user_gets_a_token() -> None:
    async with fake_etcd(a=A) as server:
        server.user = ("root", "pw")
        right = EtcdPolicy(url=server.url, prefix="/", username="root", password="pw")  # noqa: S106
        wrong = EtcdPolicy(url=server.url, prefix="/", username="root", password="no")  # noqa: S106

        assert await first(EtcdDiscovery(right)) == {A: 1}
        with pytest.raises(DiscoveryError, match="status 400: authentication failed"):
            await first(EtcdDiscovery(wrong))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("10.0.0.1:8080", "expected http://host:port"),
        ('{"url": 1}', "Expected `str`"),
        ('{"url": "http://h", "wieght": 2}', "unknown field `wieght`"),
        ('{"url": "http://h", "weight": 0}', "the weight of h is 0"),
        ("http://h/path", "without path"),
        ("http://h:99999999", "[Pp]ort"),
        ("http://h:-1", "[Pp]ort"),
        ("http://[::1", "Invalid IPv6"),
        ("", "expected http://host:port"),
    ],
)
async def test_a_value_that_is_not_an_instance_is_an_error_with_its_key(
    value: str, reason: str
) -> None:
    async with fake_etcd(a=A, b=value) as server:
        with pytest.raises(DiscoveryError, match=f"key b'/services/users/b'.*{reason}"):
            await first(EtcdDiscovery(policy(server.url)))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"<html>\n", "JSON is malformed"),
        ({"error": {"message": "no leader"}}, "ended the watch: 'no leader'"),
        (
            {"result": {"canceled": True, "cancel_reason": "permission denied"}},
            "ended the watch: 'permission denied'",
        ),
        ({"result": {"events": [{"kv": {"key": "?"}}]}}, "Invalid base64"),
        ({"result": {"events": 3}}, "Expected `array`"),
        (b"x" * 5_000_000, "more than 4194304 bytes"),
    ],
    ids=range(6),
)
async def test_a_hostile_watch_is_one_clear_error(line: Any, reason: str) -> None:
    async with fake_etcd(a=A) as server:
        server.lines.put_nowait(line)
        async with following(EtcdDiscovery(policy(server.url))) as changes:
            assert await anext(changes) == {A: 1}
            with pytest.raises(DiscoveryError, match=reason):
                await anext(changes)


async def test_keys_that_a_watch_adds_are_bounded() -> None:
    async with fake_etcd(a=A) as server:
        pairs = [{"key": text(str(n)), "value": text(A)} for n in range(5_001)]
        server.lines.put_nowait(
            {"result": {"events": [{"kv": each} for each in pairs]}}
        )
        async with following(EtcdDiscovery(policy(server.url))) as changes:
            assert await anext(changes) == {A: 1}
            with pytest.raises(DiscoveryError, match="more than 5000 keys"):
                await anext(changes)


async def test_a_token_that_is_no_field_value_is_a_clear_error() -> None:
    async with fake_etcd(a=A) as server:
        server.user = ("root", "pw")
        server.token = "caf\u00e9"  # noqa: S105
        user = EtcdPolicy(url=server.url, prefix="/", username="root", password="pw")  # noqa: S106

        with pytest.raises(DiscoveryError, match="token has characters"):
            await first(EtcdDiscovery(user))
