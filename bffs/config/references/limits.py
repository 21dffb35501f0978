"""Limits of façades without effect, and the services that limits follow."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.limits.operation import OF_DOCUMENTS
from weir.bffs.config.model.limits.rate_limit import RateLimitSection
from weir.bffs.config.model.root import Config
from weir.bffs.config.references.callers import missing_credentials
from weir.bffs.config.unknown_name import unknown
from weir.gateway.limits.key import OPERATION, PLAN

_Reason: TypeAlias = tuple[tuple[str, ...], str]
"""The keys of a limit that cannot work, and why."""


def limit_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each limit without effect, or that cannot work."""
    yield from _without_effect(document, config)
    yield from _not_of_upstreams(document, config)
    for path, limits in rate_limit_sections(config):
        for name, limit in limits.items():
            for keys, reason in _unusable(path, limit, config):
                place = (*path, name, *keys)
                yield document.problem(place, f"{'.'.join(place)}: {reason}")


def _unusable(
    path: tuple[str, ...], limit: RateLimitSection, config: Config
) -> Iterator[_Reason]:
    """Yield the reasons why a limit of the section at `path` cannot work."""
    facade = config.facades.get(path[1]) if path[0] == "facades" else None
    if PLAN in limit.key and (facade is None or facade.plan is None):
        yield ("key",), "`plan` is only for limits of a façade with `plan`"
    if facade is None or not facade.has_stored:
        yield from _of_operations(limit)
    for part in limit.key:
        if needed := missing_credentials(part, config.identity):
            yield ("key",), f"`{part}` {needed}"
    timeout_s = _timeout_s(path, config)
    if limit.wait is not None and limit.wait >= timeout_s:
        reason = f"a request ends after {timeout_s:g} s; write a shorter time"
        yield ("wait",), reason
    yield from _of_service(limit, config)


def _of_operations(limit: RateLimitSection) -> Iterator[_Reason]:
    """Yield a reason for each key of a limit that needs stored operations."""
    only = "is only for limits of a façade with stored operations"
    if OPERATION in limit.key:
        yield ("key",), f"`{OPERATION}` {only}"
    if limit.operations is not None:
        yield ("operations",), f"`operations` {only}"


def _of_service(limit: RateLimitSection, config: Config) -> Iterator[_Reason]:
    adaptive = limit.adaptive
    if adaptive is not None and adaptive.service not in config.upstreams:
        found = unknown("upstream", adaptive.service, config.upstreams)
        yield ("adaptive", "service"), found


def _timeout_s(path: tuple[str, ...], config: Config) -> float:
    """Return the time of the requests that a limit counts."""
    route = config.routes.get(path[1]) if path[0] == "routes" else None
    own = route.timeout if route is not None else None
    return own or config.server.request_timeout


def rate_limit_sections(
    config: Config,
) -> Iterator[tuple[tuple[str, ...], Mapping[str, RateLimitSection]]]:
    """Yield all sections of rate limits by name, with their places."""
    yield ("rate_limits",), config.rate_limits
    for name, facade in config.facades.items():
        yield ("facades", name, "rate_limits"), facade.rate_limits
    for name, route in config.routes.items():
        yield ("routes", name, "rate_limits"), route.rate_limits
    for name, upstream in config.upstreams.items():
        yield ("upstreams", name, "rate_limits"), upstream.rate_limits


def _without_effect(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each limit of a façade above that of all façades."""
    for name, facade in config.facades.items():
        for key in (*OF_DOCUMENTS, "response"):
            own, most = getattr(facade.limits, key, None), getattr(config.limits, key)
            if own is not None and own > most:
                message = (
                    f"facades.{name}.limits.{key}: {own} has no effect, because"
                    f" `limits.{key}` of all façades is {most}"
                )
                yield document.problem(("facades", name, "limits", key), message)


def _not_of_upstreams(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each key that limits of upstreams do not have."""
    for name, upstream in config.upstreams.items():
        for limit_name, limit in upstream.rate_limits.items():
            found = {
                "unit": limit.unit == "cost",
                "adaptive": limit.adaptive is not None,
                "max_backoff": limit.max_backoff is not None,
            }
            for key in filter(found.get, found):
                place = ("upstreams", name, "rate_limits", limit_name, key)
                message = f"{'.'.join(place)}: only for limits of façades and routes"
                yield document.problem(place, message)
