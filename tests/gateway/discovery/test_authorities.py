"""The certificates of Consul and etcd, by authorities of their own."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.discovery_sources.consul import entry, fake_consul
from tests.support.discovery_sources.etcd import fake_etcd
from tests.support.discovery_sources.following import first
from weir.gateway.discovery.consul import ConsulDiscovery
from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.errors import DiscoveryError
from weir.gateway.discovery.etcd import EtcdDiscovery
from weir.gateway.discovery.policy import ConsulPolicy, EtcdPolicy

INSTANCE = "http://10.0.0.1:8080"


@asynccontextmanager
async def consul(tls: ssl.SSLContext) -> AsyncIterator[Callable[[str], Discovery]]:
    async with fake_consul(entry("10.0.0.1", 8080), tls=tls) as server:
        yield lambda ca: ConsulDiscovery(
            ConsulPolicy(url=server.url, service="users", ca_file=ca)
        )


@asynccontextmanager
async def etcd(tls: ssl.SSLContext) -> AsyncIterator[Callable[[str], Discovery]]:
    async with fake_etcd(tls, a=INSTANCE) as server:
        yield lambda ca: EtcdDiscovery(
            EtcdPolicy(url=server.url, prefix="/services/users/", ca_file=ca)
        )


@pytest.mark.parametrize("source", [consul, etcd])
async def test_a_certificate_is_verified_by_the_configured_authority(
    source: Callable[
        [ssl.SSLContext], AbstractAsyncContextManager[Callable[[str], Discovery]]
    ],
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    pem = authority.issue("source", "IP:127.0.0.1")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem.cert, pem.key)
    async with source(tls) as by:
        assert await first(by(str(authority.own.cert))) == {INSTANCE: 1}

        for ca in ("", str(Authority(tmp_path, "other").own.cert)):
            with pytest.raises(DiscoveryError, match="CERTIFICATE_VERIFY_FAILED"):
                await first(by(ca))

        with pytest.raises(DiscoveryError, match="/nowhere: the certificates cannot"):
            await first(by("/nowhere"))
