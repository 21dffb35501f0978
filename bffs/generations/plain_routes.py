"""The plain routes of a configuration, with their endpoints and policies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.aggregate import AggregateSection
from weir.bffs.config.model.route.proxy import BackendSection, ProxySection
from weir.bffs.config.model.route.redirect import split_url
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.policies.aggregation import aggregation_parts
from weir.bffs.config.policies.mapping import to_policy
from weir.bffs.config.policies.routes import admission, api_versions, route_rules
from weir.bffs.config.policies.transformation import transformation
from weir.bffs.config.policies.validation import InvalidValidation, validation
from weir.bffs.facades.facade import Facade
from weir.gateway.clock import Clock
from weir.gateway.edge.builtin import FixedEndpoint, builtin_policy
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import (
    Buffered,
    Endpoint,
    Route,
    RouteMatch,
    RoutePolicy,
    Streamed,
)
from weir.gateway.edge.route_steps.cors import CorsPolicy, allows_origin
from weir.gateway.edge.steps import Steps
from weir.gateway.headers import Headers
from weir.gateway.large_work import LargeWork
from weir.gateway.limits.key import LimitKey
from weir.gateway.routes.aggregation.aggregation import Aggregation
from weir.gateway.routes.endpoints.aggregate import AggregateEndpoint
from weir.gateway.routes.endpoints.failover import FailoverEndpoint
from weir.gateway.routes.endpoints.mirror import (
    Mirror,
    MirrorEndpoint,
    MirrorPolicy,
)
from weir.gateway.routes.endpoints.proxy import ProxyEndpoint, ProxyPolicy
from weir.gateway.routes.endpoints.redirect import RedirectEndpoint
from weir.gateway.routes.endpoints.split import SplitEndpoint
from weir.gateway.routes.endpoints.transform import TransformEndpoint
from weir.gateway.routes.endpoints.validate import ValidateEndpoint
from weir.gateway.routes.endpoints.versions import VersionsEndpoint
from weir.gateway.routes.endpoints.websocket.tunnel import TunnelPolicy
from weir.gateway.routes.matching.index import RuledRoute, RuleIndex
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern
from weir.gateway.routes.matching.template import Shape, parse_prefix
from weir.gateway.routes.request_values import field_of
from weir.gateway.routes.rewrite import PathRewrite
from weir.gateway.routes.split import Split
from weir.gateway.routes.table import RouteTable
from weir.gateway.routes.versions.announcement import announcing_steps
from weir.gateway.upstreams.model.call_key import CREDENTIALS
from weir.gateway.upstreams.registry import Registry


def plain_routes(
    loaded: LoadedConfig,
    facades: Sequence[Facade],
    table: RouteTable,
    registry: Registry,
    steps: Mapping[str, Steps],
    *,
    clock: Clock,
) -> RuleIndex | None:
    """Return the index of the routes, or None without any.

    Raise ConfigError for a route that hides a part of a façade.
    """
    config = loaded.config
    if not config.routes:
        return None
    if problems := list(_hiding(loaded, facades, table)):
        raise ConfigError(*problems)
    build = _RouteBuild(loaded, registry, clock)
    routes = (
        RuledRoute.of(
            rule,
            RouteMatch(build.route(rule.name, steps[rule.name])),
            preflights=config.routes[rule.name].cors is not None,
            admission=admission(config.routes[rule.name]),
        )
        for rule in route_rules(config)
    )
    mounts = [parse_prefix(each.path).shape for each in facades]
    return RuleIndex(routes, mounts, _reserved(facades, table))


class _RouteBuild:
    """Builds the routes of one configuration."""

    def __init__(self, loaded: LoadedConfig, registry: Registry, clock: Clock) -> None:
        self._loaded = loaded
        self._config = loaded.config
        self._registry = registry
        self._clock = clock
        self._large_work = LargeWork()

    def route(self, name: str, steps: Steps) -> Route:
        section = self._config.routes[name]
        endpoints = {
            place: self._variant(name, place, each)
            for place, each in section.variants.items()
        }
        if section.versions:
            versions = api_versions(section)
            steps = steps.then(announcing_steps(versions))
            endpoint: Endpoint = VersionsEndpoint(
                versions,
                {str(place[-1]): each for place, each in endpoints.items()},
                development=self._development,
            )
        else:
            (endpoint,) = endpoints.values()
        return Route(
            endpoint=endpoint,
            policy=self._policy(section),
            steps=steps,
            template=name,
            fingerprint=("route", name, section.model_dump_json()),
        )

    def _variant(self, name: str, place: DataPath, section: RouteSection) -> Endpoint:
        """Return the endpoint of a route, or of its version at `place`."""
        endpoint = self._transformed(section, self._endpoint(name, section))
        return self._validated(("routes", name, *place), section, endpoint)

    def _policy(self, section: RouteSection) -> RoutePolicy:
        if not section.calls_services:
            return builtin_policy()
        timeout_s = self._timeout_s(section)
        body = Streamed() if section.proxies else Buffered()
        return RoutePolicy(body=body, timeout_s=timeout_s)

    def _timeout_s(self, section: RouteSection) -> float:
        return section.timeout or self._config.server.request_timeout

    def _validated(
        self, place: DataPath, section: RouteSection, endpoint: Endpoint
    ) -> Endpoint:
        if section.validation is None:
            return endpoint
        try:
            rules = validation(section.validation, section, self._loaded.folder)
        except InvalidValidation as error:
            at = (*place, "validation", *error.path)
            message = f"{'.'.join(map(str, at))}: {error}"
            raise self._loaded.error(at, message) from error
        return ValidateEndpoint(
            endpoint, rules, self._timeout_s(section), self._large_work
        )

    def _transformed(self, section: RouteSection, endpoint: Endpoint) -> Endpoint:
        if section.transform is None:
            return endpoint
        return TransformEndpoint(
            endpoint,
            transformation(section.transform, parse_pattern(section.path)),
            self._timeout_s(section),
            self._large_work,
            development=self._development,
        )

    def _endpoint(self, name: str, section: RouteSection) -> Endpoint:
        if section.proxy is not None:
            return self._proxy(name, section, section.proxy)
        if section.aggregate is not None:
            return self._aggregate(section, section.aggregate)
        if section.redirect is not None:
            url = split_url(section.redirect.to)
            rewrite = PathRewrite(parse_pattern(section.path), url.path)
            status = section.redirect.status
            return RedirectEndpoint(status, url.origin, rewrite, url.query)
        assert section.respond is not None, "decoding requires one of the four"
        respond = section.respond
        body = respond.body.encode()
        headers = _fields(respond.headers, body)
        return FixedEndpoint(
            Response(status=respond.status, headers=headers, body=body)
        )

    def _proxy(self, name: str, section: RouteSection, proxy: ProxySection) -> Endpoint:
        policy = self._proxy_policy(section, proxy)
        endpoint = self._backends(name, proxy, policy)
        if proxy.mirror is None:
            return endpoint
        shadow = replace(policy, cors=None, websocket=None)
        mirror = Mirror(
            service=proxy.mirror.upstream,
            endpoint=self._proxy_to(proxy.mirror.upstream, name, shadow),
            policy=to_policy(proxy.mirror, MirrorPolicy),
            timeout_s=self._timeout_s(section),
        )
        # A share, not a secret.
        rng = Random()  # noqa: S311
        return MirrorEndpoint(name, endpoint, mirror, self._clock, rng)

    def _backends(
        self, name: str, proxy: ProxySection, policy: ProxyPolicy
    ) -> Endpoint:
        if proxy.upstream is not None:
            return self._proxy_to(proxy.upstream, name, policy)
        splits = [
            self._split(name, backends, proxy, policy)
            for backends in proxy.by_priority.values()
        ]
        if len(splits) == 1:
            return splits[0]
        return FailoverEndpoint(
            splits, policy.max_body_bytes, development=self._development
        )

    def _split(
        self,
        name: str,
        backends: Mapping[str, BackendSection],
        proxy: ProxySection,
        policy: ProxyPolicy,
    ) -> SplitEndpoint:
        return SplitEndpoint(
            name,
            Split({label: each.weight for label, each in backends.items()}),
            {
                label: self._proxy_to(each.upstream, name, policy)
                for label, each in backends.items()
            },
            key=LimitKey(tuple(proxy.sticky)) if proxy.sticky else None,
            rng=Random(),  # noqa: S311 - a share, not a secret
            development=self._development,
        )

    def _aggregate(
        self, section: RouteSection, aggregate: AggregateSection
    ) -> AggregateEndpoint:
        parts = aggregation_parts(aggregate, parse_pattern(section.path))
        references = [each.name for part in parts for each in part.target.of_request]
        varies = frozenset(filter(None, map(field_of, references)))
        needs_caller = section.access.needs_credential or section.addresses is not None
        aggregation = Aggregation(
            parts,
            {each.service: self._registry.upstream(each.service) for each in parts},
            aggregate.max_size,
            self._clock,
            self._large_work,
        )
        return AggregateEndpoint(
            aggregation,
            sorted(varies),
            personal=needs_caller or not varies.isdisjoint(CREDENTIALS),
            development=self._development,
        )

    def _proxy_to(self, upstream: str, name: str, policy: ProxyPolicy) -> ProxyEndpoint:
        return ProxyEndpoint(
            name,
            self._registry.streams(upstream),
            policy,
            development=self._development,
        )

    @property
    def _development(self) -> bool:
        return self._config.mode == "development"

    def _proxy_policy(self, section: RouteSection, proxy: ProxySection) -> ProxyPolicy:
        identity = self._config.identity
        keys = identity.api_keys if identity else None
        pattern = parse_pattern(section.path)
        return ProxyPolicy(
            rewrite=PathRewrite(pattern, parse_pattern(proxy.path))
            if proxy.path is not None
            else None,
            host=proxy.host or "",
            preserve_host=proxy.preserve_host,
            max_body_bytes=section.max_body or self._config.server.max_body,
            secret=keys.header.lower().encode() if keys else b"",
            cors=allows_origin(to_policy(section.cors, CorsPolicy))
            if section.cors is not None
            else None,
            websocket=to_policy(proxy.websocket, TunnelPolicy)
            if proxy.websocket is not None
            else None,
        )


def _fields(headers: Mapping[str, str], body: bytes) -> Headers:
    fields = {name.lower().encode(): value.encode() for name, value in headers.items()}
    if body:
        fields.setdefault(b"content-type", b"text/plain; charset=utf-8")
    return tuple(fields.items())


def _hiding(
    loaded: LoadedConfig, facades: Sequence[Facade], table: RouteTable
) -> Iterator[Problem]:
    """Yield problems for each route without a host that hides a path of the gateway."""
    reserved = _reserved(facades, table)
    for rule in route_rules(loaded.config):
        path = ("routes", rule.name, "path")
        if rule.hosts:
            continue
        if rule.path.shape in reserved and not rule.path.is_prefix:
            message = f'routes.{rule.name}: "{rule.path.text}" is a path of the gateway'
            yield loaded.document.problem(path, message)
        for facade in facades:
            if hidden := _hidden(rule.path, facade, table):
                message = f'{hidden} of façade "{facade.name}"'
                yield loaded.document.problem(
                    path, f"routes.{rule.name}: it hides {message}"
                )
                yield loaded.document.problem(
                    ("facades", facade.name, "path"), f"{message} is here"
                )


def _hidden(pattern: PathPattern, facade: Facade, table: RouteTable) -> str:
    """Return a path of the façade that the pattern matches, or ""."""
    mount = parse_prefix(facade.path).shape
    if not pattern.is_below(mount):
        return ""
    below = (shape for shape in table.shapes if shape[: len(mount)] == mount)
    return min(map(_shown, filter(pattern.overlaps, below)), default="")


def _shown(shape: Shape) -> str:
    return '"/' + "/".join("{}" if each is None else each for each in shape) + '"'


def _reserved(facades: Sequence[Facade], table: RouteTable) -> frozenset[Shape]:
    """Return the paths of the table that belong to no façade."""
    mounts = [parse_prefix(each.path).shape for each in facades]
    return frozenset(
        shape
        for shape in table.shapes
        if not any(shape[: len(mount)] == mount for mount in mounts)
    )
