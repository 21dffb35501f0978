"""The routes of the gateway itself: its public keys, and the use and status of APIs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.openapi.api import api_path, rest_apis
from weir.bffs.facades.status_endpoint import (
    STATUS_PATH,
    StatusEndpoint,
    called_services,
)
from weir.bffs.facades.usage_endpoint import USAGE_PATH, UsageEndpoint
from weir.gateway.clock import Clock
from weir.gateway.edge.builtin import builtin_policy
from weir.gateway.edge.route import Route
from weir.gateway.edge.steps import Steps
from weir.gateway.identity.jwks_endpoint import jwks_endpoint
from weir.gateway.limits.plans import Plans
from weir.gateway.routes.matching.template import parse_prefix, parse_template
from weir.gateway.routes.table import BoundRoute
from weir.gateway.upstreams.snapshot import ServiceSnapshot

_USAGE: Final = parse_template(USAGE_PATH)
_STATUS: Final = parse_template(STATUS_PATH)


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """A route of the gateway itself, and the name of its path in errors."""

    bound: BoundRoute
    use: str


def jwks_route(path: str, document: bytes) -> OwnRoute:
    """Return the route of the gateway's public keys."""
    template = parse_template(path)
    route = Route(
        endpoint=jwks_endpoint(document),
        policy=builtin_policy(),
        template=template.text,
        fingerprint=document,
    )
    bound = BoundRoute(method="GET", template=template, route=route)
    return OwnRoute(bound, "the path of the gateway's public keys")


def usage_route(
    name: str, path: str, plans: Plans, steps: Steps, clock: Clock
) -> OwnRoute:
    """Return the route of a façade at `path`, by which callers see their use."""
    template = _USAGE.under(parse_prefix(path))
    route = Route(
        endpoint=UsageEndpoint(plans, clock),
        policy=builtin_policy(name),
        steps=steps,
        template=template.text,
    )
    bound = BoundRoute(method="GET", template=template, route=route)
    return OwnRoute(bound, f'the usage of façade "{name}"')


def status_routes(
    facade: Facade,
    upstreams: Mapping[str, str],
    services: Callable[[], Iterable[ServiceSnapshot]],
    steps: Steps,
) -> Iterator[OwnRoute]:
    """Yield the routes of the status of a façade's REST APIs, one for each version.

    `upstreams` are the names of the upstreams of subgraphs.
    """
    if not (facade.has_pages and facade.has_openapi):
        return
    for version in rest_apis(facade):
        template = _STATUS.under(parse_prefix(api_path(facade, version)))
        endpoints = called_services(facade, version, upstreams)
        route = Route(
            endpoint=StatusEndpoint(endpoints, services),
            policy=builtin_policy(facade.name),
            steps=steps,
            template=template.text,
        )
        bound = BoundRoute(method="GET", template=template, route=route)
        yield OwnRoute(bound, f'the status of façade "{facade.name}"')
