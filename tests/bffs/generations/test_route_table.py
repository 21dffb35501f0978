"""The routes of façades, and the bindings that no request could reach."""

from dataclasses import replace

import pytest

from tests.support.executing import MemorySource
from tests.support.facade_client import binding, stored_operation
from tests.support.fake_clock import FakeClock
from tests.support.memory_exchange import request_head
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.position import Position
from weir.bffs.facades.facade import Facade
from weir.bffs.generations.own_routes import usage_route
from weir.bffs.generations.route_table import route_table
from weir.gateway.clock import SystemClock
from weir.gateway.edge.route import RoutePolicy
from weir.gateway.edge.steps import BASE_STEPS
from weir.gateway.limits.plans import Plans
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.sources.source import Reply
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

DOCUMENT = ConfigDocument(
    "weir.yaml",
    {},
    {
        ("facades", name, "path"): Position(line, 5)
        for line, name in enumerate("abc", 1)
    },
)
TEXT = "query Status($id: ID) { status(id: $id) }"


@pytest.fixture(scope="module")
def engine() -> Engine:
    sdl = "type Query { status(id: ID): String }"
    composed = compose([Subgraph(name="one", sdl=sdl)])
    assert isinstance(composed, Composed)
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    served = EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources={"one": MemorySource(Reply(data={}))},
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=False,
        masked=True,
        overrides=Overrides.of(graph, OverridePolicy()),
    )
    return Engine(served, PreparationQueue(99, SystemClock()), SystemClock())


def facade(engine: Engine, name: str, path: str, *endpoints: str) -> Facade:
    bindings = [binding(*each.split(maxsplit=1)) for each in endpoints]
    prepared = engine.operations.prepare_stored(TEXT, None)
    return Facade(
        name=name,
        path=path,
        engine=engine,
        device={},
        stored=((stored_operation(TEXT, *bindings), prepared),),
        development=False,
        fingerprint=name,
    )


def test_each_binding_is_a_route_of_its_facade(engine: Engine) -> None:
    routes = route_table(
        [
            facade(engine, "a", "", "GET /status", "PUT /status/{id}", "GET /{id}"),
            facade(engine, "b", "/b", "GET /", "GET /{id}"),
            facade(engine, "c", "/b/c", "GET /{id}"),
        ],
        DOCUMENT,
        RoutePolicy(),
        {},
    )

    def found(method: str, path: str) -> tuple[str, str]:
        route = routes.route(request_head(path, method=method)).route
        return route.policy.client_type, route.template

    assert found("GET", "/status") == ("a", "/status")
    assert found("PUT", "/status/x") == ("a", "/status/{id}")
    assert found("POST", "/graphql") == ("a", "/graphql")
    assert found("GET", "/b") == ("b", "")
    assert found("GET", "/b/") == ("b", "/b/")
    assert found("GET", "/b/graphql") == ("b", "/b/graphql")
    assert found("GET", "/b/other") == ("b", "/b/{id}")
    assert found("GET", "/b/c/d") == ("c", "/b/c/{id}")
    assert found("GET", "/b/c/graphql") == ("c", "/b/c/graphql")
    assert found("GET", "/health") == ("none", "/health")
    assert found("GET", "/b%2Fgraphql") == ("a", "/{id}")
    assert found("GET", "/x/y") == ("a", "")


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("GET /graphql", '"/graphql" is the GraphQL endpoint of façade "a"'),
        ("PUT /graphql", '"/graphql" is the GraphQL endpoint of façade "a"'),
        ("GET /b/graphql", '"/b/graphql" is the GraphQL endpoint of façade "b"'),
        ("GET /health", '"/health" is the path of the gateway\'s health check'),
        ("GET /b", '"/b" belongs to façade "b"'),
        ("GET /b/x", '"/b/x" belongs to façade "b"'),
        ("GET /b/{id}/y", '"/b/{id}/y" belongs to façade "b"'),
    ],
)
def test_a_binding_that_no_request_reaches_is_refused_with_its_place(
    engine: Engine, endpoint: str, reason: str
) -> None:
    both = [facade(engine, "a", "", endpoint), facade(engine, "b", "/b")]

    with pytest.raises(ConfigError) as caught:
        route_table(both, DOCUMENT, RoutePolicy(), {})

    first, *owner = map(str, caught.value.problems)
    assert first == f"Status.graphql:1:1: {endpoint}: {reason}"
    assert owner in (
        [],
        ['weir.yaml:2:5: façade "b" serves all paths below "/b"'],
    )
    assert bool(owner) == ("belongs" in reason)


def test_all_that_is_wrong_is_reported_at_once(engine: Engine) -> None:
    first = facade(engine, "a", "/a", "GET /graphql", "POST /graphql")
    second = replace(first, name="b", path="/b")

    with pytest.raises(ConfigError) as caught:
        route_table([first, second], DOCUMENT, RoutePolicy(), {})

    assert len(caught.value.problems) == 4


def test_the_path_of_the_description_is_taken_only_where_it_is_served(
    engine: Engine,
) -> None:
    bound = facade(engine, "a", "", "GET /openapi.json")
    route_table([bound], DOCUMENT, RoutePolicy(), {})

    with pytest.raises(ConfigError, match='is the description of façade "a"'):
        route_table([replace(bound, has_openapi=True)], DOCUMENT, RoutePolicy(), {})


def test_the_path_of_the_usage_is_taken_only_where_a_facade_has_plans(
    engine: Engine,
) -> None:
    bound = facade(engine, "a", "", "GET /usage")
    plans = Plans(limiters={}, claim="plan", default=None)
    usage = usage_route("a", "", plans, BASE_STEPS, FakeClock())
    route_table([bound], DOCUMENT, RoutePolicy(), {})

    with pytest.raises(ConfigError, match='"/usage" is the usage of façade "a"'):
        route_table([bound], DOCUMENT, RoutePolicy(), {}, [usage])
