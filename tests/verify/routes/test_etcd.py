"""Instances by a real etcd, which changes, is compacted, dies and comes back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.support.discovery_sources.etcd import EtcdServer, etcd_server
from tests.support.upstreams import Fleet, runtime
from weir.gateway.discovery.policy import DiscoveryPolicy, EtcdPolicy
from weir.gateway.upstreams.model.policy import HealthPolicy, UpstreamPolicy
from weir.gateway.upstreams.registry import Registry
from weir.gateway.upstreams.snapshot import ServiceSnapshot

A, B, C = (f"http://10.0.0.{number}:8080" for number in (1, 2, 3))


def registry(server: EtcdServer, **user: str) -> Registry:
    source = EtcdPolicy(url=server.url, prefix="/services/users/", **user)
    policy = UpstreamPolicy(
        name="users",
        discovery=DiscoveryPolicy(source),
        health=HealthPolicy(active=False),
    )
    return Registry({"users": policy}, runtime(), Fleet().transport)


def urls(service: ServiceSnapshot) -> set[str]:
    return {each.url for each in service.endpoints}


async def until(
    running: Registry, holds: Callable[[ServiceSnapshot], bool]
) -> ServiceSnapshot:
    async with asyncio.timeout(60):
        while not holds(running.snapshot()[0]):  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.02)
    return running.snapshot()[0]


async def test_instances_follow_a_real_etcd_through_its_faults(tmp_path: Path) -> None:
    async with etcd_server(tmp_path) as server:
        await server.put("/services/users/a", A)
        await server.put("/services/users0", "the key after the prefix")
        running = registry(server)
        running.start()
        await until(running, lambda service: urls(service) == {A})

        await server.put("/services/users/b", f'{{"url": "{B}", "weight": 5}}')
        both = await until(running, lambda service: urls(service) == {A, B})
        assert {each.url: each.weight for each in both.endpoints} == {A: 1, B: 5}

        await server.kill()
        down = await until(running, is_stale)
        assert urls(down) == {A, B}

        await server.start()
        await server.put("/services/users/c", C)
        back = await until(running, lambda service: urls(service) == {A, B, C})
        assert not is_stale(back)

        await server.delete("/services/users/a")
        await until(running, lambda service: urls(service) == {B, C})

        await server.put("/services/users/d", "nonsense")
        wrong = await until(running, is_stale)
        assert urls(wrong) == {B, C}
        assert wrong.discovery
        assert "the key b'/services/users/d' cannot be used" in wrong.discovery.reason
        await server.delete("/services/users/d")
        await until(running, lambda service: not is_stale(service))

        for key in "bc":
            await server.delete(f"/services/users/{key}")
        empty = await until(running, is_stale)
        assert urls(empty)
        await running.close()


async def test_a_user_of_a_real_etcd_is_authenticated(tmp_path: Path) -> None:
    async with etcd_server(tmp_path) as server:
        await server.put("/services/users/a", A)
        await server.post("/v3/auth/user/add", {"name": "root", "password": "pw"})
        await server.post("/v3/auth/user/grant", {"user": "root", "role": "root"})
        await server.post("/v3/auth/enable", {})
        right = registry(server, username="root", password="pw")  # noqa: S106
        wrong = registry(server, username="root", password="no")  # noqa: S106
        right.start()
        wrong.start()

        await until(right, lambda service: urls(service) == {A})
        refused = await until(wrong, is_stale)

        assert refused.discovery
        assert (
            "status 400: etcdserver: authentication failed" in refused.discovery.reason
        )
        await asyncio.gather(right.close(), wrong.close())


def is_stale(service: ServiceSnapshot) -> bool:
    return service.discovery is not None and service.discovery.stale
