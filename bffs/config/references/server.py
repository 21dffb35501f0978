"""Ports of the server, its open control port, and limits that its workers count."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.loopback import is_loopback
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.server import least_replies, worker_count
from weir.bffs.config.references.limits import rate_limit_sections
from weir.bffs.config.written import size

_ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - not bound here


def server_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each setting of the server that others contradict."""
    yield from _open_control_port(document, config)
    yield from _same_ports(document, config)
    yield from _limits_of_workers(document, config)
    yield from _large_responses(document, config)


def _open_control_port(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem if other machines could change services without a token."""
    host = config.server.control.rpartition(":")[0].strip("[]")
    if not config.control.tokens and not is_loopback(host):
        message = (
            "server.control: other machines can reach this address; configure"
            " `control.tokens`, or use 127.0.0.1"
        )
        yield document.problem(("server", "control"), message)


def _same_ports(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each port of `server` that two of its keys have."""
    server = config.server
    listened = {
        "port": (server.host, server.port),
        "control": _host_and_port(server.control),
        "probes": _host_and_port(server.probes or ":0"),
        "tls.redirect_from": _host_and_port(
            (server.tls and server.tls.redirect_from) or ":0"
        ),
    }
    for (first, one), (second, other) in combinations(listened.items(), 2):
        hosts = {one[0], other[0]}
        if one[1] == other[1] != 0 and (len(hosts) == 1 or _ANY & hosts):
            message = f"server.{second}: `{first}` has the port {one[1]} already"
            yield document.problem(("server", *second.split(".")), message)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _limits_of_workers(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each section of limits that several workers would count."""
    workers = worker_count(config.server)
    if workers == 1 or config.redis is not None:
        return
    sections = (*rate_limit_sections(config), (("plans",), config.plans))
    for path, section in sections:
        if section:
            message = (
                f"{'.'.join(map(str, path))}: each of the {workers} workers would count"
                " for itself; configure `redis`, or set `server.workers` to 1"
            )
            yield document.problem(path, message)


def _large_responses(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each limit of responses above its share of memory."""
    replies = config.server.replies
    for path, least in least_replies(config).items():
        if least > replies:
            message = (
                f"{'.'.join(map(str, path))}: needs `server.replies` of {size(least)}"
                f" or more, which is {size(replies)}"
            )
            yield document.problem(path, message)
