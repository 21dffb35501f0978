"""Checks between sections: each name that a section uses exists in another."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import combinations
from typing import Final

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.loopback import is_loopback
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.identity import AccessSection, IdentitySection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.aggregation import aggregation_problems
from weir.bffs.config.policies.routes import route_rules
from weir.bffs.config.policies.server import worker_count
from weir.bffs.config.policies.transformation import transformation_problems
from weir.bffs.config.policies.validation import validation_problems
from weir.bffs.config.written import duration
from weir.gateway.routes.reachability import unreachable

_ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - not bound here


def reference_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each unknown name and each contradiction."""
    for path, subgraph in config.all_subgraphs():
        yield from _subgraph(document, config, path, subgraph)
        if path[0] == "facades" and path[-1] in config.subgraphs:
            message = f'the graph already has a subgraph "{path[-1]}"'
            yield document.problem(path, message)
    yield from _routes(document, config)
    yield from _open_control_port(document, config)
    yield from _same_paths(document, config)
    yield from _same_hosts(document, config)
    yield from _same_ports(document, config)
    yield from _unused_timeouts(document, config)
    yield from _unused_hash_keys(document, config)
    yield from _unused_identity_fields(document, config)
    for name, facade in config.facades.items():
        yield from _access(document, config, ("facades", name, "access"), facade.access)
    for name, route in config.routes.items():
        yield from _access(document, config, ("routes", name, "access"), route.access)
    yield from _plans(document, config)
    yield from _limits_of_workers(document, config)
    if config.supergraph is not None:
        yield from _beside_supergraph(document, config)


def _plans(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each façade whose callers can have no plan."""
    identity = config.identity or IdentitySection()
    for name, facade in config.facades.items():
        if facade.plan is None:
            continue
        path: DataPath = ("facades", name, "plan")
        dotted = ".".join(map(str, path))
        default = facade.plan.default
        if not config.plans:
            message = f"{dotted}: there are no plans; configure `plans`"
            yield document.problem(path, message)
        elif not identity.accepts_credentials:
            message = f"{dotted}: needs credentials; configure `identity`"
            yield document.problem(path, message)
        elif default is not None and default not in config.plans:
            message = unknown("plan", default, config.plans)
            yield document.problem((*path, "default"), f"{dotted}.default: {message}")


def _limits_of_workers(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each section of limits that several workers would count."""
    workers = worker_count(config.server)
    if workers == 1 or config.redis is not None:
        return
    sections: dict[DataPath, object] = {
        ("rate_limits",): config.rate_limits,
        ("plans",): config.plans,
        **{
            ("facades", name, "rate_limits"): each.rate_limits
            for name, each in config.facades.items()
        },
        **{
            ("routes", name, "rate_limits"): each.rate_limits
            for name, each in config.routes.items()
        },
    }
    for path, section in sections.items():
        if section:
            message = (
                f"{'.'.join(map(str, path))}: each of the {workers} workers would count"
                " for itself; configure `redis`, or set `server.workers` to 1"
            )
            yield document.problem(path, message)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the message of a name that does not exist."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    there_are = ", ".join(names) or "none"
    way_out = f'did you mean "{close[0]}"?' if close else f"there are: {there_are}"
    return f'unknown {kind} "{name}"; {way_out}'


def _beside_supergraph(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each subgraph that the supergraph replaces."""
    for name, subgraph in config.subgraphs.items():
        if subgraph.python is None:
            message = (
                f"subgraphs.{name}: `supergraph` has the subgraphs with their URLs;"
                f" remove it, or replace the URL by an upstream named {name}"
            )
            yield document.problem(("subgraphs", name), message)


def _subgraph(
    document: ConfigDocument, config: Config, path: DataPath, subgraph: SubgraphSection
) -> Iterator[Problem]:
    dotted = ".".join(map(str, path))
    if (subgraph.upstream is None) == (subgraph.python is None):
        message = f"{dotted}: expected either `upstream` or `python`"
        yield document.problem(path, message)
    elif subgraph.upstream:
        yield from _unknown_upstream(document, config, path, subgraph.upstream)


def _unknown_upstream(
    document: ConfigDocument, config: Config, path: DataPath, name: str
) -> Iterator[Problem]:
    if name in config.upstreams:
        return
    dotted = ".".join(map(str, path))
    message = f"{dotted}.upstream: {unknown('upstream', name, config.upstreams)}"
    yield document.problem((*path, "upstream"), message)


def _routes(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each unknown upstream, and for each route without effect."""
    for name, route in config.routes.items():
        if route.proxy is not None:
            for path, upstream in route.proxy.upstreams.items():
                place = ("routes", name, "proxy", *path)
                yield from _unknown_upstream(document, config, place, upstream)
        if route.aggregate is not None:
            for part, section in route.aggregate.parts.items():
                place = ("routes", name, "aggregate", "parts", part)
                yield from _unknown_upstream(document, config, place, section.upstream)
        for place, message in (
            *aggregation_problems(name, route),
            *transformation_problems(name, route),
            *validation_problems(name, route),
        ):
            yield document.problem(place, f"{'.'.join(map(str, place))}: {message}")
    for found in unreachable(route_rules(config)):
        rule, by, part = found.rule.name, found.by.name, found.part
        requests = f"all requests with {part}" if part else "all its requests"
        message = f"routes.{rule}: {requests} go to the route {by!r}"
        yield document.problem(("routes", rule), message)
        message = f"routes.{by}: {requests.replace('its', 'those')} of {rule!r} go here"
        yield document.problem(("routes", by), message)


def _unused_hash_keys(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each `hash_on` that the balancing does not use."""
    for name, upstream in config.upstreams.items():
        if upstream.hash_on and upstream.balancing != "consistent_hash":
            message = (
                f"upstreams.{name}.hash_on: only used with"
                " `balancing: consistent_hash`, which is not set"
            )
            yield document.problem(("upstreams", name, "hash_on"), message)


def _unused_identity_fields(
    document: ConfigDocument, config: Config
) -> Iterator[Problem]:
    """Yield a problem for each upstream that is to get the names of unknown callers."""
    identity = config.identity or IdentitySection()
    for name, upstream in config.upstreams.items():
        of_caller = {
            "identity": bool(upstream.headers.identity),
            "token": upstream.headers.token is not None,
        }
        for key in (each for each, used in of_caller.items() if used):
            path: DataPath = ("upstreams", name, "headers", key)
            dotted = ".".join(map(str, path))
            if not identity.accepts_credentials:
                message = f"{dotted}: needs credentials; configure `identity`"
                yield document.problem(path, message)
            elif key == "token" and identity.signing is None:
                message = f"{dotted}: needs keys; configure `identity.signing`"
                yield document.problem(path, message)


def _access(
    document: ConfigDocument, config: Config, path: DataPath, access: AccessSection
) -> Iterator[Problem]:
    """Yield a problem for a rule that no caller can satisfy."""
    dotted = ".".join(map(str, path))
    for below, message in unsatisfiable(access, config.identity):
        yield document.problem((*path, *below), f"{dotted}: {message}")


def unsatisfiable(
    access: AccessSection, identity: IdentitySection | None
) -> Iterator[tuple[DataPath, str]]:
    """Yield the keys of a rule that no caller can satisfy, and the reasons."""
    identity = identity or IdentitySection()
    if access.needs_credential and not identity.accepts_credentials:
        yield (), "needs credentials; configure `identity`"
    known = ", ".join(sorted(identity.policies)) or "none"
    for index, policy in enumerate(access.policies):
        if policy not in identity.policies:
            message = f'unknown policy "{policy}"; there are: {known}'
            yield ("policies", index), message


def _open_control_port(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem if other machines could change services without a token."""
    host = config.server.control.rpartition(":")[0].strip("[]")
    if not config.control.tokens and not is_loopback(host):
        message = (
            "server.control: other machines can reach this address; configure"
            " `control.tokens`, or use 127.0.0.1"
        )
        yield document.problem(("server", "control"), message)


def _same_paths(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, facade in config.facades.items():
        if facade.path in seen:
            message = (
                f'facades.{name}.path: façade "{seen[facade.path]}" already has the'
                f" path {facade.path!r}"
            )
            yield document.problem(("facades", name, "path"), message)
            first = seen[facade.path]
            message = f"facades.{first}.path: {facade.path!r} is used here"
            yield document.problem(("facades", first, "path"), message)
        seen.setdefault(facade.path, name)


def _same_hosts(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each host of a façade that another façade or a route has."""
    owners: dict[str, str] = {
        host: f'route "{name}"'
        for name, route in config.routes.items()
        for host in route.hosts
    }
    for name, facade in config.facades.items():
        if facade.hosts and (reason := _serves_others(name, config)):
            message = f"facades.{name}.hosts: {reason}"
            yield document.problem(("facades", name, "hosts"), message)
        for index, host in enumerate(facade.hosts):
            if host in owners:
                message = f"facades.{name}.hosts: {owners[host]} already has {host!r}"
                path = ("facades", name, "hosts", index)
                yield document.problem(path, message)
            owners.setdefault(host, f'façade "{name}"')


def _serves_others(name: str, config: Config) -> str:
    """Return why the hosts of a façade would not serve it alone, or the empty text."""
    path = config.facades[name].path
    if not path:
        return "the façade is served at the root of all hosts; give it a `path`"
    for other, facade in config.facades.items():
        if facade.path.startswith(f"{path}/"):
            return f'façade "{other}" is below its path, and would be served there too'
    return ""


def _same_ports(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each port of `server` that two of its keys have."""
    server = config.server
    listened = {
        "port": (server.host, server.port),
        "control": _host_and_port(server.control),
        "probes": _host_and_port(server.probes or ":0"),
    }
    for (first, one), (second, other) in combinations(listened.items(), 2):
        hosts = {one[0], other[0]}
        if one[1] == other[1] != 0 and (len(hosts) == 1 or _ANY & hosts):
            message = f"server.{second}: `{first}` has the port {one[1]} already"
            yield document.problem(("server", second), message)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _unused_timeouts(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each time of an attempt that ends after the whole call."""
    for name, upstream in config.upstreams.items():
        timeout = upstream.timeout
        if "attempt" in timeout.model_fields_set and timeout.attempt > timeout.total:
            message = (
                f"upstreams.{name}.timeout.attempt: has no effect, because `total` ends"
                f" the call after {duration(timeout.total)}; raise `total`"
            )
            yield document.problem(("upstreams", name, "timeout", "attempt"), message)
