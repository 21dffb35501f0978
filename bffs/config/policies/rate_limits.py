"""The configured rate limits of each façade, each plain route and each upstream."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from weir.bffs.config.model.limits.rate_limit import RateLimitSection
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.upstream.upstream import UpstreamSection
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.policy import AdaptivePolicy, RateLimit

MAX_BACKOFF_S: Final = 60.0


def facade_limits(config: Config) -> dict[str, tuple[RateLimit, ...]]:
    """Return the limits of each façade, after the limits of all façades together."""
    shared = tuple(_limits(config.rate_limits, ""))
    return {
        name: (*shared, *_limits(facade.rate_limits, name))
        for name, facade in config.facades.items()
    }


def route_limits(config: Config) -> dict[str, tuple[RateLimit, ...]]:
    """Return the limits of each plain route, after those that all routes share.

    Limits of costs are those of façades alone.
    """
    every = _limits(config.rate_limits, "")
    shared = tuple(each for each in every if each.unit == "requests")
    return {
        name: (*shared, *_limits(route.rate_limits, f"routes.{name}"))
        for name, route in config.routes.items()
    }


def upstream_limits(name: str, upstream: UpstreamSection) -> tuple[RateLimit, ...]:
    """Return the limits of the calls of an upstream, which have no back-off."""
    limits = _limits(upstream.rate_limits, f"upstreams.{name}")
    return tuple(replace(each, max_backoff_s=0.0) for each in limits)


def _limits(
    sections: Mapping[str, RateLimitSection], scope: str
) -> Iterator[RateLimit]:
    for name, section in sections.items():
        key = LimitKey(tuple(section.key))
        yield RateLimit(
            name=name,
            count=section.rate.requests,
            window_s=section.rate.window_s,
            burst=section.burst or section.rate.requests,
            key=key,
            scope=scope,
            unit=section.unit,
            wait_s=section.wait or 0.0,
            adaptive=_adaptive(section),
            max_backoff_s=_max_backoff_s(section, key),
            operations=tuple(section.operations or ()),
        )


def _max_backoff_s(section: RateLimitSection, key: LimitKey) -> float:
    """Return the longest back-off; 0 where clients are not apart or not at fault."""
    if key.is_common or section.adaptive or section.unit == "cost":
        return 0.0
    return MAX_BACKOFF_S if section.max_backoff is None else section.max_backoff


def _adaptive(section: RateLimitSection) -> AdaptivePolicy | None:
    if section.adaptive is None:
        return None
    share = section.adaptive.floor.per_s / section.rate.per_s
    return AdaptivePolicy(service=section.adaptive.service, floor=share)
