"""Rules of GraphQL and REST endpoints alike, each in its protocol."""

import orjson
import pytest

from tests.support.calls import request_context
from tests.support.facade_client import routes_of
from tests.support.memory_exchange import request_head, whole_body
from tests.support.titles_facade import Overloaded, ask, facade, graphql
from weir.gateway.edge.route_steps.csrf import reject_content_type, require_preflight
from weir.gateway.errors import GatewayOverloaded, NotFound
from weir.gateway.headers import header


async def test_an_overloaded_service_has_a_retry_after() -> None:
    busy = facade(source=Overloaded())

    rest = await ask(busy, "GET", "/web/v1/titles/t1")
    graph = await graphql('{ title(id: "t1") { name } }', busy)

    assert rest.status == 503
    assert header(rest.headers, b"retry-after") == b"2"
    (error,) = orjson.loads(whole_body(graph))["errors"]
    assert error["extensions"]["code"] == "UPSTREAM_OVERLOADED"
    assert error["extensions"]["retryAfter"] == 2


def test_errors_of_the_edge_are_rendered_in_the_protocol_of_the_route() -> None:
    routes, context = routes_of(facade()), request_context()
    graphql = routes.route(request_head("/web/graphql", method="POST")).route.endpoint
    rest = routes.route(request_head("/web/v1/titles/t1")).route.endpoint

    assert b'"errors"' in whole_body(graphql.render_error(NotFound("no"), context))
    problem = rest.render_error(GatewayOverloaded(), context)
    assert (problem.status, problem.operation) == (503, "T")


async def test_another_method_is_refused_in_the_protocol_of_the_path() -> None:
    graphql = await ask(facade(), "PUT", "/web/graphql")
    rest = await ask(facade(), "PUT", "/web/v1/titles/t1")

    assert b'"errors"' in whole_body(graphql)
    assert header(rest.headers, b"content-type") == b"application/problem+json"
    assert b"allowed: DELETE, GET, HEAD, OPTIONS, POST." in whole_body(rest)


@pytest.mark.parametrize("target", ["/web/graphql", "/web/v1/titles/t1"])
def test_all_writes_have_the_guard_against_pages_of_other_sites(target: str) -> None:
    route = routes_of(facade()).route(request_head(target, method="POST")).route

    assert require_preflight in route.steps.guards


def test_all_reads_of_graphql_have_the_guard_against_content_types() -> None:
    route = routes_of(facade()).route(request_head("/web/graphql")).route

    assert reject_content_type in route.steps.guards
