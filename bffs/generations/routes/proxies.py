"""The proxies of plain routes: their backends, splits, failover and mirrors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from secrets import token_bytes

from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.backends import BackendSection
from weir.bffs.config.model.route.proxy import ProxySection
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.policies.mapping import to_policy
from weir.bffs.config.policies.rewrites import path_rewrite
from weir.bffs.config.policies.routes import cohorts
from weir.gateway.clock import Clock
from weir.gateway.edge.route import Endpoint
from weir.gateway.edge.route_steps.cors import CorsPolicy, allows_origin
from weir.gateway.headers import cgi_name
from weir.gateway.limits.key import LimitKey
from weir.gateway.routes.endpoints.failover import FailoverEndpoint
from weir.gateway.routes.endpoints.mirror import (
    Mirror,
    MirrorEndpoint,
    MirrorPolicy,
)
from weir.gateway.routes.endpoints.proxy import ProxyEndpoint, ProxyPolicy
from weir.gateway.routes.endpoints.split import SplitEndpoint
from weir.gateway.routes.endpoints.websocket.handshake import WEBSOCKET
from weir.gateway.routes.endpoints.websocket.tunnel import TunnelPolicy
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.splitting.cohort import Cohort
from weir.gateway.routes.splitting.points import (
    Points,
    points_of_cookies,
    points_of_keys,
    random_points,
)
from weir.gateway.routes.splitting.split import Split
from weir.gateway.routes.splitting.sticky_cookie import StickyCookie
from weir.gateway.upstreams.registry import Registry


class ProxyBuild:
    """Builds the proxies of one configuration."""

    def __init__(self, config: Config, registry: Registry, clock: Clock) -> None:
        self._config = config
        self._registry = registry
        self._clock = clock
        self._development = config.mode == "development"

    def proxy(
        self, name: str, section: RouteSection, proxy: ProxySection, timeout_s: float
    ) -> Endpoint:
        """Return the endpoint of a route, whose copies have `timeout_s`."""
        policy = self._proxy_policy(section, proxy)
        endpoint = self._backends(name, proxy, policy)
        if proxy.mirror is None:
            return endpoint
        shadow = replace(policy, cors=None, upgrades={})
        mirror = Mirror(
            service=proxy.mirror.upstream,
            endpoint=self._proxy_to(proxy.mirror.upstream, name, shadow),
            policy=to_policy(proxy.mirror, MirrorPolicy),
            timeout_s=timeout_s,
        )
        # A share, not a secret.
        rng = Random()  # noqa: S311
        return MirrorEndpoint(name, endpoint, mirror, self._clock, rng)

    def _backends(
        self, name: str, proxy: ProxySection, policy: ProxyPolicy
    ) -> Endpoint:
        if proxy.upstream is not None:
            return self._proxy_to(proxy.upstream, name, policy, cache=proxy.cache)
        first, *others = proxy.by_priority.values()
        splits = [
            self._split(name, first, proxy, policy, cohorts(proxy.cohorts)),
            *(self._split(name, each, proxy, policy) for each in others),
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
        of_cohorts: Sequence[Cohort] = (),
    ) -> SplitEndpoint:
        return SplitEndpoint(
            name,
            Split({label: each.weight for label, each in backends.items()}),
            {
                label: self._proxy_to(each.upstream, name, policy, cache=proxy.cache)
                for label, each in backends.items()
            },
            _points(name, proxy),
            cohorts=of_cohorts,
            development=self._development,
        )

    def _proxy_to(
        self, upstream: str, name: str, policy: ProxyPolicy, *, cache: bool = False
    ) -> ProxyEndpoint:
        return ProxyEndpoint(
            name,
            self._registry.streams(upstream),
            policy,
            calls=self._registry.upstream(upstream) if cache else None,
            development=self._development,
        )

    def _proxy_policy(self, section: RouteSection, proxy: ProxySection) -> ProxyPolicy:
        identity = self._config.identity
        keys = identity.api_keys if identity else None
        return ProxyPolicy(
            rewrite=path_rewrite(section, parse_pattern(proxy.path))
            if proxy.path is not None
            else None,
            host=proxy.host or "",
            preserve_host=proxy.preserve_host,
            max_body_bytes=section.max_body or self._config.server.max_body,
            secret=cgi_name(keys.header.encode()) if keys else b"",
            cors=allows_origin(to_policy(section.cors, CorsPolicy))
            if section.cors is not None
            else None,
            upgrades=_upgrades(proxy),
        )


def _upgrades(proxy: ProxySection) -> Mapping[str, TunnelPolicy]:
    plain = TunnelPolicy(framed=False)
    upgrades = {each.lower(): plain for each in proxy.upgrades}
    if proxy.websocket is not None:
        upgrades[WEBSOCKET] = to_policy(proxy.websocket, TunnelPolicy)
    return upgrades


def _points(name: str, proxy: ProxySection) -> Points:
    if proxy.sticky_cookie is not None:
        sticky, max_age_s = proxy.sticky_cookie, round(proxy.sticky_cookie.max_age)
        secret = sticky.secret.encode()
        cookie = StickyCookie(sticky.name, secret, max_age_s, token_bytes)
        return points_of_cookies(cookie, name)
    if proxy.sticky:
        return points_of_keys(LimitKey(tuple(proxy.sticky)), name)
    return random_points(Random())  # noqa: S311 - a share, not a secret
