"""Instances by Kubernetes, from a server that speaks the protocol of its API."""

import ssl
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.certificates import Authority
from tests.support.discovery_sources.following import first, following
from tests.support.discovery_sources.kubernetes import (
    PATH,
    FakeKubernetes,
    endpoint,
    endpoint_slice,
    fake_kubernetes,
    service_account,
)
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.kubernetes import KubernetesDiscovery
from weir.gateway.discovery.policy import KubernetesPolicy

HTTP = {"name": "http", "port": 8080}
METRICS = {"name": "metrics", "port": 9090}


def discovery(
    api: FakeKubernetes, folder: Path, *, port: str = "", zone: str = ""
) -> KubernetesDiscovery:
    account = service_account(folder)
    return KubernetesDiscovery(
        KubernetesPolicy(
            service="users", api=api.url, account=account, port=port, zone=zone
        )
    )


async def test_ready_endpoints_of_all_slices_are_instances(tmp_path: Path) -> None:
    slices = (
        endpoint_slice("a", endpoint("10.0.0.1"), endpoint("10.0.0.2", ready=False)),
        endpoint_slice("b", endpoint("10.0.0.3", ready=None), endpoint("fd00::1")),
        endpoint_slice("empty", ports=[]),
    )
    async with fake_kubernetes(*slices) as api:
        found = await first(discovery(api, tmp_path))

    assert [*found] == [
        "http://10.0.0.1:8080",
        "http://10.0.0.3:8080",
        "http://[fd00::1]:8080",
    ]
    selector = {"labelSelector": ["kubernetes.io/service-name=users"]}
    assert api.targets[0] == (PATH, selector)


async def test_changes_are_watched_from_the_version_of_the_list(tmp_path: Path) -> None:
    async with (
        fake_kubernetes(endpoint_slice("a", endpoint("10.0.0.1"))) as api,
        following(discovery(api, tmp_path)) as changes,
    ):
        assert [*await anext(changes)] == ["http://10.0.0.1:8080"]
        await api.put(endpoint_slice("b", endpoint("10.0.0.2")))
        assert len(await anext(changes)) == 2
        await api.put(endpoint_slice("a", endpoint("10.0.0.9")))
        expected = ["http://10.0.0.2:8080", "http://10.0.0.9:8080"]
        assert [*await anext(changes)] == expected
        await api.delete("b")
        assert [*await anext(changes)] == ["http://10.0.0.9:8080"]

    assert api.lists == 1


async def test_a_version_that_is_gone_ends_the_watch_without_an_error(
    tmp_path: Path,
) -> None:
    async with fake_kubernetes(endpoint_slice("a", endpoint("10.0.0.1"))) as api:
        async with following(discovery(api, tmp_path)) as changes:
            await anext(changes)
            await api.put(endpoint_slice("a", endpoint("10.0.0.2")))
            await anext(changes)
            await api.forget()
            with pytest.raises(StopAsyncIteration):
                await anext(changes)
        async with following(discovery(api, tmp_path)) as changes:
            api.oldest += 1
            assert [*await anext(changes)] == ["http://10.0.0.2:8080"]
            with pytest.raises(StopAsyncIteration):
                await anext(changes)


@pytest.mark.parametrize(("port", "expected"), [("http", 8080), ("metrics", 9090)])
async def test_the_port_is_chosen_by_its_name(
    tmp_path: Path, port: str, expected: int
) -> None:
    ports = [HTTP, METRICS]
    async with fake_kubernetes(
        endpoint_slice("a", endpoint("10.0.0.1"), ports=ports)
    ) as api:
        found = await first(discovery(api, tmp_path, port=port))

    assert found == {f"http://10.0.0.1:{expected}": 1}


@pytest.mark.parametrize(
    ("ports", "port", "reason"),
    [
        ([HTTP, METRICS], "", "are: http, metrics; expected exactly one, or set"),
        ([HTTP], "grpc", 'are: http; expected one named "grpc"'),
        ([], "", "are: none"),
    ],
)
async def test_a_port_that_is_not_known_is_an_error_with_those_that_are(
    tmp_path: Path, ports: Any, port: str, reason: str
) -> None:
    async with fake_kubernetes(
        endpoint_slice("a", endpoint("10.0.0.1"), ports=ports)
    ) as api:
        with pytest.raises(DiscoveryError, match=reason):
            await first(discovery(api, tmp_path, port=port))


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        (("a", "b"), ["http://10.0.0.0:8080"]),
        (("b", "b"), ["http://10.0.0.0:8080", "http://10.0.0.1:8080"]),
        (("a", ""), ["http://10.0.0.0:8080", "http://10.0.0.1:8080"]),
    ],
)
async def test_endpoints_with_hints_for_the_zone_are_preferred(
    tmp_path: Path, zones: tuple[str, ...], expected: list[str]
) -> None:
    endpoints = [endpoint(f"10.0.0.{n}", zone) for n, zone in enumerate(zones)]
    async with fake_kubernetes(endpoint_slice("a", *endpoints)) as api:
        found = await first(discovery(api, tmp_path, zone="a"))

    assert [*found] == expected


FORBIDDEN = {"message": 'endpointslices is forbidden: User "x" cannot list resource'}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, FORBIDDEN, 'status 403: endpointslices is forbidden: User "x"'),
        (500, b"<html>", "status 500$"),
        (301, {}, "status 301"),
        (200, b"<html>", "JSON is malformed"),
        (200, {"items": []}, "missing required field `metadata`"),
        (200, {"metadata": {}, "items": [{"metadata": {}, "endpoints": [{}]}]}, "addr"),
    ],
)
async def test_a_refusal_and_a_hostile_response_are_clear_errors(
    tmp_path: Path, status: int, body: Any, reason: str
) -> None:
    async with fake_kubernetes() as api:
        api.refusal = status, body
        with pytest.raises(DiscoveryError, match=reason):
            await first(discovery(api, tmp_path))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "ERROR", "object": {"code": 500, "message": "etcd"}}, "500 'etcd'"),
        ({"type": "SURPRISE", "object": {}}, "Invalid value 'SURPRISE'"),
        (b"oops\n", "malformed"),
    ],
)
async def test_a_watch_that_fails_is_a_clear_error(
    tmp_path: Path, event: Any, reason: str
) -> None:
    async with (
        fake_kubernetes(endpoint_slice("a", endpoint("10.0.0.1"))) as api,
        following(discovery(api, tmp_path)) as changes,
    ):
        await anext(changes)
        await api.send(event)
        with pytest.raises(DiscoveryError, match=reason):
            await anext(changes)


async def test_slices_that_a_watch_adds_are_bounded(tmp_path: Path) -> None:
    async with (
        fake_kubernetes(endpoint_slice("a", endpoint("10.0.0.1"))) as api,
        following(discovery(api, tmp_path)) as changes,
    ):
        await anext(changes)
        added = [
            {"type": "ADDED", "object": endpoint_slice(f"b{n}")} for n in range(5_000)
        ]
        await api.send(b"".join(orjson.dumps(each) + b"\n" for each in added))
        with pytest.raises(DiscoveryError, match="more than 5000 slices"):
            _ = [each async for each in changes]


async def test_the_certificate_is_verified_by_the_account_and_the_token_is_read_again(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    pem = authority.issue("api", "IP:127.0.0.1")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem.cert, pem.key)
    slices = endpoint_slice("a", endpoint("10.0.0.1"))
    async with fake_kubernetes(slices, tls=tls) as api:
        account = tmp_path / "account"
        found = discovery(api, account)
        with pytest.raises(DiscoveryError, match=r"ca\.crt: the certificates cannot"):
            await first(found)

        service_account(account, Authority(tmp_path, "other").own.cert)
        with pytest.raises(DiscoveryError, match="CERTIFICATE_VERIFY_FAILED"):
            await first(found)

        service_account(account, authority.own.cert)
        (account / "token").write_text("expired")
        with pytest.raises(DiscoveryError, match="status 401: Unauthorized"):
            await first(found)

        service_account(account)
        assert await first(found) == {"http://10.0.0.1:8080": 1}


async def test_a_missing_service_account_is_an_error_with_its_file() -> None:
    policy = KubernetesPolicy(service="users", account="/nowhere")

    with pytest.raises(DiscoveryError, match=r"no usable token.*/nowhere/token"):
        await first(KubernetesDiscovery(policy))
