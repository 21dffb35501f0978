"""The fronts of a façade over a graph in memory: what clients are answered."""

from typing import Any

import orjson
import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from tests.support.calls import request_context
from tests.support.executing import SourceRequest
from tests.support.facade_client import binding, routes_of, send, stored_operation
from tests.support.memory_exchange import whole_body
from weir.bffs.facades.facade import Facade
from weir.gateway.clock import SystemClock
from weir.gateway.edge.response import Response
from weir.gateway.edge.route_steps.csrf import require_preflight
from weir.gateway.errors import GatewayOverloaded, NotFound
from weir.gateway.headers import header
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.resolvers.context import ExecutionContext
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.operation.errors import ValidationFailed
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.source import BoundFetch, Reply, Source
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query {
  title(id: ID!): Title
  titles: [Title!]!
  search(kind: Kind, filter: Filter): [Title!]
}
enum Kind { MOVIE SERIES }
input Filter { kind: Kind }
type Mutation { rename(id: ID!, name: String!): Title }
type Title @key(fields: "id") { id: ID! name: String }
"""
TITLE = {"id": "t1", "name": "Up"}


class Titles:
    """Answers by the one root field that is asked for."""

    def __init__(self) -> None:
        self.requests: list[SourceRequest] = []

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del context, span_id
            return self.reply(SourceRequest(fetch.document, variables, fetch.is_safe))

        return call

    def reply(self, request: SourceRequest) -> Reply:
        self.requests.append(request)
        (field,) = _root_fields(request.document)
        titles: Any = [TITLE] if field.startswith("titles") else TITLE
        return Reply(data={field: titles})


class Overloaded(Titles):
    """Has as much work as it can take."""

    def reply(self, request: SourceRequest) -> Reply:
        del request
        raise UpstreamOverloaded(retry_after_s=1.5)


class Picky(Titles):
    """Refuses what it is asked, by a code that says whose fault it is."""

    def reply(self, request: SourceRequest) -> Reply:
        del request
        refusal: Any = {"code": "BAD_USER_INPUT", "secret": 1}
        return Reply(data=None, errors=({"message": "secret", "extensions": refusal},))


def _root_fields(document: str) -> list[str]:
    operation = parse(document).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found: list[str] = []
    for selection in operation.selection_set.selections:
        assert isinstance(selection, FieldNode)
        named = selection.alias or selection.name
        assert named is not None
        found.append(named.value)
    return found


def facade(*, introspection: bool = True, source: Source | None = None) -> Facade:
    composed = compose([Subgraph(name="titles", sdl=SDL)])
    assert isinstance(composed, Composed)
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    served = EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources={"titles": source or Titles()},
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=introspection,
        masked=True,
        overrides=Overrides.of(graph, OverridePolicy()),
    )
    engine = Engine(served, PreparationQueue(99, SystemClock()), SystemClock())
    path = "/v1/titles/{id}"
    read = "query T($id: ID!) { title(id: $id) { name } }"
    write = "mutation R($id: ID!, $name: String!) { rename(id: $id, name: $name) {id} }"
    bound = {
        binding("GET", path): read,
        binding("POST", path): write,
        binding("DELETE", path): write.replace(" R(", " D("),
    }
    return Facade(
        name="web",
        path="/web",
        engine=engine,
        device={},
        stored=tuple(
            (
                operation,
                engine.operations.prepare_stored(operation.text, operation.name),
            )
            for operation in (
                stored_operation(text, endpoint) for endpoint, text in bound.items()
            )
        ),
        development=False,
        fingerprint="",
    )


async def ask(served: Facade, method: str, target: str, **sent: Any) -> Response:
    return await send(
        routes_of(served),
        method,
        target,
        headers={b"content-type": b"application/json", **sent.get("headers", {})},
        body=orjson.dumps(sent["json"]) if "json" in sent else b"",
    )


async def graphql(query: str, served: Facade | None = None, **sent: Any) -> Any:
    body = {"query": query, **sent.pop("body", {})}
    return await ask(served or facade(), "POST", "/web/graphql", json=body, **sent)


async def test_a_response_has_the_names_and_order_of_the_client() -> None:
    response = await graphql('{ film: title(id: "t1") { called: name } }')

    assert response.status == 200
    assert orjson.loads(whole_body(response)) == {"data": {"film": {"called": "Up"}}}


UNKNOWN_OPERATION = "GRAPHQL_UNKNOWN_OPERATION_NAME"
RESPONSE = {b"accept": b"application/graphql-response+json"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ titles { ", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A { titles {id} } query B { titles {id} }",
            "GRAPHQL_UNKNOWN_OPERATION_NAME",
        ),
        ("query ($id: ID!) { title(id: $id) {id} }", "BAD_USER_INPUT"),
        ("subscription { s }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_refused_operation_is_400_only_in_the_newer_media_type(
    query: str, code: str
) -> None:
    for headers, status in (({}, 200), (RESPONSE, 400)):
        response = await graphql(query, headers=headers)

        body = orjson.loads(whole_body(response))
        assert response.status == status
        assert body["errors"][0]["extensions"]["code"] == code
        assert "data" not in body
        assert response.error_code == code


async def test_an_invalid_graphql_request_gets_an_error() -> None:
    response = await ask(facade(), "POST", "/web/graphql", json=[])

    assert response.status == 400
    error = orjson.loads(whole_body(response))["errors"][0]
    assert error["extensions"]["code"] == "INVALID_GRAPHQL_REQUEST"
    assert error["message"] == (
        "Batches are not supported; send one request at a time."
    )


async def test_get_cannot_run_a_mutation() -> None:
    served = facade()

    asked = await ask(served, "GET", "/web/graphql?query={titles{id}}")
    changed = await ask(
        served, "GET", '/web/graphql?query=mutation{rename(id:1,name:"x"){id}}'
    )

    assert asked.status == 200
    assert changed.status == 405


async def test_a_response_to_get_has_a_validator() -> None:
    served = facade()
    first, again, other = [
        await ask(served, "GET", f"/web/graphql?query={query}")
        for query in ("{titles{id}}", "{titles{id}}", "{titles{name}}")
    ]
    posted = await graphql("{titles{id}}", served)

    tags = [header(each.headers, b"etag") for each in (first, again, other, posted)]
    assert tags[0] == tags[1] != tags[2]
    assert tags[3] is None
    assert header(first.headers, b"cache-control") == b"no-cache"
    assert header(posted.headers, b"cache-control") == b"no-store"


async def test_a_partial_response_to_get_has_no_validator() -> None:
    served = facade(source=Picky())

    response = await ask(served, "GET", "/web/graphql?query={title(id:1){name}}")

    assert b"errors" in whole_body(response)
    assert header(response.headers, b"etag") is None
    assert b"no-store" in (header(response.headers, b"cache-control") or b"")


APQ = {"persistedQuery": {"version": 1, "sha256Hash": "ab" * 32}}


@pytest.mark.parametrize(("accept", "status"), [({}, 200), (RESPONSE, 400)])
@pytest.mark.parametrize("query", [{}, {"query": ""}, {"query": None}])
async def test_a_request_by_hash_gets_the_error_after_which_clients_send_the_query(
    query: dict[str, str | None], accept: dict[bytes, bytes], status: int
) -> None:
    response = await ask(
        facade(),
        "POST",
        "/web/graphql",
        json={"extensions": APQ, **query},
        headers=accept,
    )

    (error,) = orjson.loads(whole_body(response))["errors"]
    assert response.status == status
    cache_control = header(response.headers, b"cache-control")
    assert cache_control == b"private, no-cache, must-revalidate"
    assert error == {
        "message": "PersistedQueryNotSupported",
        "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
    }


async def test_a_hash_in_the_url_gets_the_same_error() -> None:
    hashed = '{"persistedQuery":{"version":1,"sha256Hash":"ab"}}'
    response = await ask(facade(), "GET", f"/web/graphql?extensions={hashed}")

    assert response.error_code == "PERSISTED_QUERY_NOT_SUPPORTED"


async def test_a_query_beside_its_hash_is_executed() -> None:
    response = await graphql("{ titles { id } }", body={"extensions": APQ})

    assert orjson.loads(whole_body(response))["data"] == {"titles": [{"id": "t1"}]}


BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_a_browser_gets_a_page_at_the_graphql_endpoint() -> None:
    response = await ask(
        facade(), "GET", "/web/graphql", headers={b"accept": BROWSER, b"host": b"a<b"}
    )

    page = whole_body(response).decode()
    assert response.status == 200
    assert header(response.headers, b"content-type") == b"text/html; charset=utf-8"
    assert header(response.headers, b"vary") == b"Accept"
    assert b"default-src 'none'" in (
        header(response.headers, b"content-security-policy") or b""
    )
    assert "://a&lt;b/web/graphql" in page
    assert "<b" not in page.replace("<body>", "")


@pytest.mark.parametrize(
    ("method", "target", "accept"),
    [
        ("GET", "/web/graphql?query={titles{id}}", BROWSER),
        ("POST", "/web/graphql", BROWSER),
        ("GET", "/web/graphql", b"*/*"),
        ("GET", "/web/graphql", b"application/json, text/html;q=0.9"),
    ],
)
async def test_a_program_gets_no_page(method: str, target: str, accept: bytes) -> None:
    response = await ask(facade(), method, target, headers={b"accept": accept})

    assert header(response.headers, b"content-type") != b"text/html; charset=utf-8"


async def test_introspection_is_a_setting_of_the_facade() -> None:
    query = "{ __schema { queryType { name } } }"

    told = await graphql(query)
    refused = await graphql(query, facade(introspection=False))

    assert orjson.loads(whole_body(told))["data"]["__schema"]["queryType"] == {
        "name": "Query"
    }
    assert orjson.loads(whole_body(refused))["errors"][0]["message"] == (
        "Introspection is disabled."
    )


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ titels { id } }", {}),
        ("{ titles { nmae } }", {}),
        ("{ titles { ... on Titel { id } } }", {}),
        ("{ title(di: 1) { id } }", {}),
        ("{ search(kind: MOVEI) { id } }", {}),
        ('{ search(kind: "MOVIE") { id } }', {}),
        ("{ search(filter: {knid: MOVIE}) { id } }", {}),
        ("query ($k: Knid) { search(kind: $k) { id } }", {}),
        ("query ($k: Kind) { search(kind: $k) { id } }", {"k": "MOVEI"}),
        ("query ($f: Filter) { search(filter: $f) { id } }", {"f": {"knid": "MOVIE"}}),
    ],
)
async def test_errors_suggest_names_only_where_introspection_is_allowed(
    query: str, variables: JSONObject
) -> None:
    async def message(*, introspection: bool) -> str:
        served = facade(introspection=introspection)
        response = await graphql(query, served, body={"variables": variables})
        error: str = orjson.loads(whole_body(response))["errors"][0]["message"]
        return error

    suggesting = await message(introspection=True)
    silent = await message(introspection=False)

    assert suggesting.startswith(f"{silent} Did you mean")
    assert "Did you mean" not in silent


def test_errors_of_stored_operations_suggest_names_to_the_operator() -> None:
    engine = facade(introspection=False).engine
    with pytest.raises(ValidationFailed, match="Did you mean 'titles'"):
        engine.operations.prepare_stored("query T { titels { id } }", "T")


async def test_a_path_is_a_stored_operation_with_its_parameters() -> None:
    response = await ask(facade(), "GET", "/web/v1/titles/t1")

    assert response.status == 200
    assert orjson.loads(whole_body(response)) == {"name": "Up"}
    assert response.operation == "T"


@pytest.mark.parametrize(
    ("method", "target", "json", "status", "detail"),
    [
        (
            "GET",
            "/web/v1/nothing",
            None,
            404,
            "There is no endpoint at '/web/v1/nothing'.",
        ),
        ("PUT", "/web/v1/titles/t1", None, 405, "PUT is not allowed here; allowed:"),
        ("GET", "/web/v1/titles/t1/", None, 404, "There is no endpoint at"),
        ("GET", "/web/v1/titles/t1?x=1", None, 400, 'There is no parameter "x"'),
        ("GET", "/web/v1/titles/t1?id=2", None, 400, '"id" is given in two places.'),
        ("GET", "/web/v1/titles/%ff", None, 400, 'The parameter "id" is not UTF-8.'),
        ("POST", "/web/v1/titles/t1", {}, 400, "Variable $name: is required"),
        ("POST", "/web/v1/titles/t1", {"name": 1}, 400, "Variable $name:"),
        ("DELETE", "/web/v1/titles/t1", {"nme": 1}, 400, 'There is no parameter "nme"'),
        ("GET", "/web/v1/titles/t1", {"x": 1}, 400, "A GET request takes no body here"),
    ],
)
async def test_an_invalid_request_gets_a_problem_with_its_cause(
    method: str, target: str, json: Any, status: int, detail: str
) -> None:
    sent = {} if json is None else {"json": json}

    response = await ask(facade(), method, target, **sent)

    assert response.status == status
    assert (response.operation != "") == (status == 400)
    assert header(response.headers, b"content-type") == b"application/problem+json"
    assert detail in orjson.loads(whole_body(response))["detail"]


async def test_a_body_that_any_site_may_send_is_rejected() -> None:
    for content_type in (b"", b"text/plain", b"application/json; charset=latin1"):
        response = await ask(
            facade(),
            "POST",
            "/web/v1/titles/t1",
            json={"name": "Down"},
            headers={b"content-type": content_type},
        )

        assert response.status == 415


async def test_a_value_that_a_service_refuses_is_the_clients_error() -> None:
    response = await ask(
        facade(source=Picky()),
        "POST",
        "/web/v1/titles/t1",
        json={"name": ""},
    )

    problem = orjson.loads(whole_body(response))
    assert response.status == 400
    assert problem["code"] == "BAD_USER_INPUT"
    assert problem["type"] == "urn:weir:error:bad_user_input"
    assert "secret" not in whole_body(response).decode(), "texts of services are masked"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (b"application/json", b"application/json; charset=utf-8"),
        (
            b"application/graphql-response+json",
            b"application/graphql-response+json; charset=utf-8",
        ),
    ],
)
async def test_every_response_has_the_accepted_type_and_varies_by_it(
    accept: bytes, media_type: bytes
) -> None:
    headers = {b"accept": accept}
    for response in (
        await graphql("{ titles { id } }", headers=headers),
        await graphql("{ titles { ", headers=headers),
        await graphql("", headers=headers),
    ):
        assert header(response.headers, b"content-type") == media_type
        assert header(response.headers, b"vary") == b"Accept"


async def test_an_overloaded_service_has_a_retry_after() -> None:
    busy = facade(source=Overloaded())

    rest = await ask(busy, "GET", "/web/v1/titles/t1")
    graph = await graphql('{ title(id: "t1") { name } }', busy)

    assert rest.status == 503
    assert header(rest.headers, b"retry-after") == b"2"
    (error,) = orjson.loads(whole_body(graph))["errors"]
    assert error["extensions"]["code"] == "UPSTREAM_OVERLOADED"
    assert error["extensions"]["retryAfter"] == 2


async def test_the_body_of_a_delete_has_its_parameters() -> None:
    response = await ask(facade(), "DELETE", "/web/v1/titles/t1", json={"name": "Down"})

    assert response.status == 200


def test_errors_of_the_edge_are_rendered_in_the_protocol_of_the_route() -> None:
    routes, context = routes_of(facade()), request_context()
    graphql = routes.route("POST", "/web/graphql").route.endpoint
    rest = routes.route("GET", "/web/v1/titles/t1").route.endpoint

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
    route = routes_of(facade()).route("POST", target).route

    assert require_preflight in route.steps.guards
