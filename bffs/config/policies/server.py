"""The configured policies of the server, the edge and operations."""

from math import ceil
from pathlib import Path
from typing import Final

from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.server import (
    ServerSection,
    ServerTlsSection,
)
from weir.bffs.config.model.telemetry.telemetry import TracesSection
from weir.gateway.edge.context.client_address import networks
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.responses.compression import CompressionPolicy
from weir.gateway.edge.route import Buffered, RoutePolicy
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.options import ServeOptions
from weir.gateway.server.process.available_cpus import available_cpus
from weir.gateway.server.tls import ServerTls

_MIN_WAITING_PREPARATIONS: Final = 8
_RESPONSES_OF_A_SERVICE: Final = 4
"""The number of the largest responses of a service that fit into the memory for all
responses. A client can have two of them."""
_RESPONSES_TO_CLIENTS: Final = 2
"""The number of the largest responses to clients that fit. One client can have one."""


def worker_count(server: ServerSection) -> int:
    """Return the number of processes that serve the data port."""
    return available_cpus() if server.workers == "auto" else server.workers


def worker_share(server: ServerSection) -> ServerSection:
    """Return the section of one worker, with its share of what all of them may use.

    Counts are rounded up. The memory for bodies is at least enough for two of them.
    """
    workers = worker_count(server)
    if workers == 1:
        return server
    return server.model_copy(
        update={
            "connections": ceil(server.connections / workers),
            "max_in_flight": ceil(server.max_in_flight / workers),
            "bodies": max(server.bodies // workers, 2 * server.max_body),
            "cache": ceil(server.cache / workers),
            "plan_cache": ceil(server.plan_cache / workers),
        }
    )


def reply_memory_bytes(config: Config) -> int:
    """Return the memory of one worker for responses."""
    share = config.server.replies // worker_count(config.server)
    return max(share, *least_replies(config).values())


def least_replies(config: Config) -> dict[DataPath, int]:
    """Return the least memory for responses that each limit of their size needs."""
    least: dict[DataPath, int] = {
        ("limits", "response"): _RESPONSES_TO_CLIENTS * config.limits.response
    }
    for name, upstream in config.upstreams.items():
        least["upstreams", name, "max_response"] = (
            _RESPONSES_OF_A_SERVICE * upstream.max_response
        )
    for name, route in config.routes.items():
        if route.aggregate is not None:
            least["routes", name, "aggregate", "max_size"] = (
                _RESPONSES_TO_CLIENTS * route.aggregate.max_size
            )
    return least


def edge_options(
    server: ServerSection, traces: TracesSection | None = None
) -> EdgeOptions:
    """Return the policy of the edge, for all routes, and its part of `traces`."""
    return EdgeOptions(
        trusted_proxies=networks(tuple(server.trusted_proxies)),
        in_flight=server.max_in_flight,
        compression=CompressionPolicy() if server.compression else None,
        sample=traces.sample if traces else None,
        b3=traces.b3 if traces else None,
        stream_drain_s=server.stream_drain,
    )


def max_waiting_preparations(server: ServerSection) -> int:
    """Return the maximum number of new operations that wait for planning.

    It is a quarter of the requests in flight. The others remain for clients whose
    operations are already planned.
    """
    return max(_MIN_WAITING_PREPARATIONS, server.max_in_flight // 4)


def route_policy(server: ServerSection) -> RoutePolicy:
    """Return the policy of the routes of façades, without their client types."""
    return RoutePolicy(body=Buffered(server.max_body), timeout_s=server.request_timeout)


def serve_options(server: ServerSection, folder: Path | None = None) -> ServeOptions:
    """Return the options of draining and of client connections.

    The files of TLS are relative to `folder`.
    """
    return ServeOptions(
        tls=_server_tls(server.tls, folder or Path()) if server.tls else None,
        drain_delay_s=server.drain_delay,
        grace_s=server.drain_timeout,
        limits=ConnectionLimits(
            idle_s=server.idle_timeout,
            connections=server.connections,
            connections_per_address=server.connections_per_address,
            received_bytes=server.bodies,
        ),
    )


def _server_tls(section: ServerTlsSection, folder: Path) -> ServerTls:
    return ServerTls(
        certificate=str(folder / section.certificate),
        key=str(folder / section.key),
        client_ca=str(folder / section.client_ca) if section.client_ca else "",
        client_certificates=section.client_certificates or "require",
        minimum=section.minimum,
    )
