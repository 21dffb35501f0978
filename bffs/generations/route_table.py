"""The routes of façades: GraphQL, stored operations, health.

A façade owns its path and all paths below it, except for those of a façade further
below. A route that no request can reach is an error when the table is built.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import orjson

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graphql.endpoint import GraphQLEndpoint
from weir.bffs.facades.openapi.api import RestApi, api_path, rest_apis
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.openapi.endpoint import json_endpoint, yaml_endpoint
from weir.bffs.facades.pages.page import Page
from weir.bffs.facades.rest.endpoint import RestEndpoint
from weir.bffs.facades.rest.lifecycle_steps import lifecycle_steps
from weir.bffs.facades.rest.misfits import parameter_problems
from weir.bffs.facades.rest.offset_pages import page_problems
from weir.bffs.facades.sdl_endpoint import SdlEndpoint
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.bffs.generations.own_routes import OwnRoute
from weir.gateway.edge.builtin import HEALTH_ENDPOINT, builtin_policy
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import NO_CLIENT, Route, RoutePolicy
from weir.gateway.edge.route_steps.csrf import CSRF_STEPS, READ_STEPS
from weir.gateway.edge.steps import BASE_STEPS, Steps
from weir.gateway.routes.matching.template import (
    PathTemplate,
    Shape,
    parse_prefix,
    parse_template,
)
from weir.gateway.routes.table import BoundRoute, Mount, RouteTable

_HEALTH: Final = parse_template("/health")
_GRAPHQL: Final = parse_template("/graphql")
_PERSISTED: Final = parse_template("/persisted/{documentId}")
_OPENAPI_JSON: Final = parse_template("/openapi.json")
_OPENAPI_YAML: Final = parse_template("/openapi.yaml")
_SDL: Final = parse_template("/schema.graphql")
_GRAPHQL_METHODS: Final = ("GET", "POST")


def route_table(
    facades: Sequence[Facade],
    document: ConfigDocument,
    policy: RoutePolicy,
    steps: Mapping[str, Steps],
    own: Sequence[OwnRoute] = (),
) -> RouteTable:
    """Return the routes of `facades`; raises ConfigError if one can never be reached.

    `policy` is that of all routes of façades, except for their client types. `steps`
    are those of each façade that has some of its own. `own` are routes of the gateway
    itself, beside its health.
    """
    problems = [*_unreachable(facades, document, own), *_misfits(facades)]
    if problems:
        raise ConfigError(*problems)
    mounts = {
        facade.path: _mount(facade, steps.get(facade.name, BASE_STEPS))
        for facade in facades
    }
    root = Mount(
        prefix=parse_prefix(""),
        client_type=NO_CLIENT,
        errors=ProblemRenderer(),
    )
    routes = [*_routes(facades, policy, steps), *(each.bound for each in own)]
    return RouteTable({"": root, **mounts}.values(), routes)


def _mount(facade: Facade, steps: Steps) -> Mount:
    return Mount(
        prefix=parse_prefix(facade.path),
        client_type=facade.name,
        errors=ProblemRenderer(development=facade.development),
        steps=steps,
    )


def _routes(
    facades: Sequence[Facade], policy: RoutePolicy, steps: Mapping[str, Steps]
) -> Iterator[BoundRoute]:
    health = Route(
        endpoint=HEALTH_ENDPOINT, policy=builtin_policy(), template=_HEALTH.text
    )
    yield BoundRoute(method="GET", template=_HEALTH, route=health)
    for facade in facades:
        own = replace(policy, client_type=facade.name)
        of_facade = steps.get(facade.name, BASE_STEPS)
        yield from _graphql_routes(facade, own, of_facade)
        yield from _rest_routes(facade, own, of_facade)
        if facade.has_openapi:
            for api in rest_apis(facade).values():
                yield from _openapi_routes(api, own, of_facade)
        if facade.engine.view.introspection:
            yield _sdl_route(facade, own, of_facade)
        for page in _pages(facade):
            yield _page_route(facade, page, own, of_facade)


def _steps_of(steps: Steps, method: str) -> Steps:
    """Return the steps of a method: a POST may be a forged one of another site.

    A path without POST responds 405 to it, whatever its content type.
    """
    return steps.then(CSRF_STEPS) if method == "POST" else steps


def _graphql_steps(steps: Steps, method: str) -> Steps:
    return steps.then(READ_STEPS) if method == "GET" else _steps_of(steps, method)


def _graphql_routes(
    facade: Facade, policy: RoutePolicy, steps: Steps
) -> Iterator[BoundRoute]:
    endpoint = GraphQLEndpoint(facade)
    for relative, methods in ((_GRAPHQL, _GRAPHQL_METHODS), (_PERSISTED, ("GET",))):
        template = relative.under(parse_prefix(facade.path))
        for method in methods:
            route = Route(
                endpoint=endpoint,
                policy=policy,
                steps=_graphql_steps(steps, method),
                template=template.text,
                fingerprint=(facade.fingerprint, template.text),
            )
            yield BoundRoute(method=method, template=template, route=route)


def _rest_routes(
    facade: Facade, policy: RoutePolicy, steps: Steps
) -> Iterator[BoundRoute]:
    for stored, prepared in facade.stored:
        for binding in stored.bindings:
            template = _template(facade, stored, binding)
            route = Route(
                endpoint=RestEndpoint(facade, stored, binding, prepared),
                policy=policy,
                steps=_steps_of(steps, binding.method).then(
                    lifecycle_steps(binding.lifecycle)
                ),
                template=template.text,
                fingerprint=(facade.fingerprint, str(binding), stored.declaration),
            )
            yield BoundRoute(method=binding.method, template=template, route=route)


def _openapi_routes(
    api: RestApi, policy: RoutePolicy, steps: Steps
) -> Iterator[BoundRoute]:
    document = openapi_document(api)
    for relative, endpoint in (
        (_OPENAPI_JSON, json_endpoint(document)),
        (_OPENAPI_YAML, yaml_endpoint(document)),
    ):
        template = relative.under(parse_prefix(api.path))
        route = Route(
            endpoint=endpoint,
            policy=policy,
            steps=steps,
            template=template.text,
            fingerprint=(template.text, orjson.dumps(document)),
        )
        yield BoundRoute(method="GET", template=template, route=route)


def _sdl_route(facade: Facade, policy: RoutePolicy, steps: Steps) -> BoundRoute:
    template = _SDL.under(parse_prefix(facade.path))
    route = Route(
        endpoint=SdlEndpoint(facade),
        policy=policy,
        steps=steps,
        template=template.text,
        fingerprint=(facade.fingerprint, template.text),
    )
    return BoundRoute(method="GET", template=template, route=route)


def _page_route(
    facade: Facade, page: Page, policy: RoutePolicy, steps: Steps
) -> BoundRoute:
    # Assets are the same for all: the form for a credential has some, too.
    steps = replace(steps, access=None, checks=()) if page.is_asset else steps
    route = Route(
        endpoint=page.endpoint,
        policy=policy,
        steps=_steps_of(steps, page.method),
        template=page.template.text,
        fingerprint=(facade.fingerprint, page.template.text),
    )
    return BoundRoute(method=page.method, template=page.template, route=route)


def _pages(facade: Facade) -> Iterator[Page]:
    if not facade.has_pages:
        return
    # Jinja is imported only where there are pages.
    from weir.bffs.facades.pages.pages import facade_pages  # noqa: PLC0415

    yield from facade_pages(facade)


def _unreachable(
    facades: Sequence[Facade], document: ConfigDocument, own: Sequence[OwnRoute]
) -> Iterator[Problem]:
    """Yield the problems of bindings whose paths belong to something else."""
    owners = {parse_prefix(each.path).shape: each for each in facades}
    reserved = _reserved(facades, own)
    for facade, stored, binding in _bindings(facades):
        template = _template(facade, stored, binding)
        owner = _owner(template.shape, owners)
        if use := reserved.get(template.shape):
            message = f'{binding}: "{template.text}" is {use}'
            yield stored.problem(binding.place, message)
        elif owner is not facade:
            message = f'"{template.text}" belongs to façade "{owner.name}"'
            yield stored.problem(binding.place, f"{binding}: {message}")
            path = ("facades", owner.name, "path")
            message = f'façade "{owner.name}" serves all paths below "{owner.path}"'
            yield document.problem(path, message)


def _reserved(
    facades: Sequence[Facade], own: Sequence[OwnRoute]
) -> Mapping[Shape, str]:
    """Return the paths that no operation can have, and their use."""
    reserved = {_HEALTH.shape: "the path of the gateway's health check"}
    reserved |= {each.bound.template.shape: each.use for each in own}
    for facade in facades:
        prefix = parse_prefix(facade.path)
        for endpoint in (_GRAPHQL, _PERSISTED):
            shape = endpoint.under(prefix).shape
            reserved[shape] = f'the GraphQL endpoint of façade "{facade.name}"'
        if facade.engine.view.introspection:
            reserved[_SDL.under(prefix).shape] = f'the schema of façade "{facade.name}"'
        for page in _pages(facade):
            use = f'a page of façade "{facade.name}" (see its key `pages`)'
            reserved[page.template.shape] = use
        for path in _described_paths(facade):
            for described in (_OPENAPI_JSON, _OPENAPI_YAML):
                shape = described.under(parse_prefix(path)).shape
                reserved[shape] = f'the description of façade "{facade.name}"'
    return reserved


def _described_paths(facade: Facade) -> Iterator[str]:
    if facade.has_openapi:
        for version in {each.version for each, _ in facade.stored} or {""}:
            yield api_path(facade, version)


def _template(
    facade: Facade, stored: StoredOperation, binding: RestBinding
) -> PathTemplate:
    prefix = parse_prefix(api_path(facade, stored.version))
    return binding.template.under(prefix)


def _misfits(facades: Sequence[Facade]) -> Iterator[Problem]:
    for facade in facades:
        for stored, _ in facade.stored:
            yield from parameter_problems(stored, facade.engine.schema)
            yield from page_problems(stored, facade.engine.schema)


def _bindings(
    facades: Sequence[Facade],
) -> Iterator[tuple[Facade, StoredOperation, RestBinding]]:
    for facade in facades:
        for stored, _ in facade.stored:
            for binding in stored.bindings:
                yield facade, stored, binding


def _owner(shape: Shape, owners: Mapping[Shape, Facade]) -> Facade:
    """Return the façade whose path is the longest prefix of `shape`."""
    prefixes = (shape[:length] for length in range(len(shape), -1, -1))
    return next(owners[each] for each in prefixes if each in owners)
