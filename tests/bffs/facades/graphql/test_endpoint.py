"""The GraphQL endpoint of a façade: responses to clients."""

import orjson
import pytest

from tests.support.memory_exchange import whole_body
from tests.support.titles_facade import Broken, Picky, ask, facade, graphql
from weir.gateway.headers import header
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.errors import ValidationFailed


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
            UNKNOWN_OPERATION,
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
        ("GET", "/web/persisted/Titles", BROWSER),
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


BY_ID = {"documentId": "T", "variables": {"id": "t1"}}


@pytest.mark.parametrize(
    ("body", "operation", "code"),
    [
        (BY_ID, "T", ""),
        ({**BY_ID, "documentId": "R"}, "R", "BAD_USER_INPUT"),
        ({"query": "{ titles { id } }"}, "", ""),
        ({"query": "query T { titles { id } }"}, "", ""),
        ({"documentId": "nope"}, "", "PERSISTED_QUERY_NOT_IN_LIST"),
    ],
)
async def test_responses_of_stored_operations_have_their_names(
    body: JSONObject, operation: str, code: str
) -> None:
    response = await ask(facade(), "POST", "/web/graphql", json=body)

    assert (response.operation, response.error_code) == (operation, code)


async def test_an_error_of_a_stored_operation_has_its_name() -> None:
    response = await ask(facade(), "GET", "/web/persisted/R?variables={}")

    assert response.status == 405
    assert response.operation == "R"
    assert header(response.headers, b"allow") == b"POST"


async def test_a_bug_in_a_stored_operation_has_its_name() -> None:
    response = await ask(facade(source=Broken()), "POST", "/web/graphql", json=BY_ID)

    assert (response.operation, response.error_code) == ("T", "INTERNAL_ERROR")
    assert b"secret" not in whole_body(response)
