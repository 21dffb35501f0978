"""The default factories of transports and discoveries."""

from collections.abc import Callable
from random import Random
from typing import TypeAlias, assert_never

from weir.gateway.clock import Clock
from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.dns import DnsDiscovery
from weir.gateway.discovery.dns_client import DnsClient, system_servers
from weir.gateway.discovery.file import FileDiscovery
from weir.gateway.discovery.policy import (
    ConsulPolicy,
    DiscoverySource,
    DnsPolicy,
    DockerPolicy,
    EtcdPolicy,
    FilePolicy,
    KubernetesPolicy,
)
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.refused import RefusedTransport
from weir.gateway.transport.transport import Transport

TransportFactory: TypeAlias = Callable[[str, TransportPolicy, Clock], Transport]
"""A function that returns the transport to the instance at a URL."""

DiscoveryFactory: TypeAlias = Callable[[DiscoverySource, Random], Discovery]
"""A function that returns the discovery of an upstream's instances."""


def new_transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
    """Return a transport of the policy's kind.

    An instance without TLS has no key, so that one of an upstream with pins is not
    called, wherever its URL comes from.
    """
    origin = parse_origin(url)
    if policy.tls.pins and not origin.secure:
        return RefusedTransport(f"{origin.url}: it has no TLS, but its key is pinned")
    match policy.kind:
        case "http1":
            return Http1Transport(origin, policy, clock)
        case "http2":
            # These slow imports are made only if they are configured.
            from weir.gateway.transport.http2.transport import Http2Transport  # noqa: PLC0415

            return Http2Transport(origin, policy, clock)
        case "httpx":
            from weir.gateway.transport.httpx.transport import HttpxTransport  # noqa: PLC0415

            return HttpxTransport(origin, policy, clock)
        case _:
            assert_never(policy.kind)


def new_discovery(source: DiscoverySource, rng: Random) -> Discovery:
    """Return the discovery by a source; DNS is that of the system's name servers."""
    match source:
        case DnsPolicy():
            return DnsDiscovery(source, DnsClient(system_servers()), rng)
        case FilePolicy():
            return FileDiscovery(source)
        case ConsulPolicy():
            # httpx is a slow import, which is made only if it is used.
            from weir.gateway.discovery.consul import ConsulDiscovery  # noqa: PLC0415

            return ConsulDiscovery(source)
        case EtcdPolicy():
            from weir.gateway.discovery.etcd import EtcdDiscovery  # noqa: PLC0415

            return EtcdDiscovery(source)
        case KubernetesPolicy():
            from weir.gateway.discovery.kubernetes import (  # noqa: PLC0415
                KubernetesDiscovery,
            )

            return KubernetesDiscovery(source)
        case DockerPolicy():
            from weir.gateway.discovery.docker import DockerDiscovery  # noqa: PLC0415

            return DockerDiscovery(source)
        case _:
            assert_never(source)
