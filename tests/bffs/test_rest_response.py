"""REST answers: what of a result a client gets, and what HTTP says of it."""

from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, parse

from bffs.errors import IncompleteData, ResourceNotFound, ServicesResting
from bffs.operations import StoredOperation
from bffs.rest_response import rest_response
from gateway.edge.exchange import ClientRequest, ClientResponse
from gateway.headers import header
from resolvers.execute.result import ExecutionResult
from resolvers.json_types import JSONObject
from resolvers.sources.provenance import Freshness

ERROR: JSONObject = {
    "message": "no",
    "path": ["viewer", "rows", 0],
    "extensions": {"code": "UPSTREAM_TIMEOUT", "serviceName": "rows"},
}


def operation(text: str = "query Home { a }") -> StoredOperation:
    definition = parse(text).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return StoredOperation(
        name="Home", text=text, definition=definition, bindings=(), file=""
    )


def request(if_none_match: bytes | None = None) -> ClientRequest:
    headers = () if if_none_match is None else ((b"if-none-match", if_none_match),)
    return ClientRequest(
        method="GET",
        path="/web/v1/home",
        query="",
        headers=headers,
        body=b"",
        scheme="http",
        client_address="127.0.0.1",
    )


def result(data: JSONObject | None, **known: Any) -> ExecutionResult:
    errors = known.get("errors", ())
    settled = {"completed": not errors, "freshness": Freshness(), **known}
    return ExecutionResult(data=data, **settled)


def respond(
    outcome: ExecutionResult,
    if_none_match: bytes | None = None,
    stored: StoredOperation | None = None,
) -> ClientResponse:
    return rest_response(
        outcome,
        request(if_none_match),
        route="/web/v1/home",
        operation=stored or operation(),
    )


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"title": {"id": "t1"}}, {"id": "t1"}),
        ({"titles": [1, 2]}, {"items": [1, 2]}),
        ({"titles": []}, {"items": []}),
        ({"count": 3}, {"count": 3}),
        ({"a": {"b": 1}, "c": None}, {"a": {"b": 1}, "c": None}),
    ],
)
def test_a_single_root_is_unwrapped(data: JSONObject, body: JSONObject) -> None:
    response = respond(result(data))

    assert response.status == 200
    assert orjson.loads(response.body) == body


def test_partial_data_says_what_is_missing_and_is_not_stored() -> None:
    response = respond(result({"viewer": {"rows": None}}, errors=(ERROR,)))

    assert response.status == 200
    assert orjson.loads(response.body)["_weir"] == {
        "warnings": [
            {
                "path": "viewer.rows.0",
                "code": "UPSTREAM_TIMEOUT",
                "message": "no",
                "service": "rows",
            }
        ]
    }
    assert header(response.headers, b"weir-completed") == b"false"
    assert header(response.headers, b"cache-control") == b"no-store"
    assert header(response.headers, b"etag") is None


@pytest.mark.parametrize("data", [None, {"a": None}, {"a": None, "b": None}])
def test_nothing_at_all_is_never_200(data: JSONObject | None) -> None:
    with pytest.raises(IncompleteData):
        respond(result(data, errors=(ERROR,)))


def test_services_that_were_spared_say_when_to_come_back() -> None:
    resting: list[JSONObject] = [
        {"message": "open", "extensions": {"code": "UPSTREAM_CIRCUIT_OPEN", **wait}}
        for wait in ({"retryAfter": 2}, {"retryAfter": 7})
    ]
    other: JSONObject = {"message": "late", "extensions": {"code": "UPSTREAM_TIMEOUT"}}

    with pytest.raises(ServicesResting) as caught:
        respond(result({"title": None}, errors=resting))
    with pytest.raises(IncompleteData):
        respond(result({"title": None}, errors=[*resting, other]))

    assert caught.value.row.status == 503
    assert caught.value.response_headers == ((b"retry-after", b"7"),)


def test_null_without_an_error_is_not_found() -> None:
    with pytest.raises(ResourceNotFound):
        respond(result({"title": None}))


def test_what_has_not_changed_is_not_sent_again() -> None:
    first = respond(result({"title": {"id": "t1"}}))
    etag = header(first.headers, b"etag")
    assert etag is not None

    weak = b"W/" + etag
    for known, named in (
        (etag, etag),
        (weak, weak),
        (b'"x", ' + weak, weak),
        (b"*", etag),
    ):
        again = respond(result({"title": {"id": "t1"}}), known)
        assert (again.status, again.body) == (304, b"")
        assert header(again.headers, b"etag") == named, "as the client's cache has it"
    assert respond(result({"title": {"id": "t2"}}), etag).status == 200


@pytest.mark.parametrize(
    ("freshness", "expected"),
    [
        (Freshness(), b"no-cache"),
        (Freshness(max_age_s=60), b"public, max-age=60"),
        (Freshness(max_age_s=60, private=True), b"private, max-age=60"),
        (Freshness(no_store=True), b"no-store"),
    ],
)
def test_an_answer_is_as_fresh_as_what_it_was_made_of(
    freshness: Freshness, expected: bytes
) -> None:
    response = respond(result({"a": {}}, freshness=freshness))

    assert header(response.headers, b"cache-control") == expected


def test_age_and_vary_are_those_of_all_replies() -> None:
    response = respond(result({"a": {}}, age_s=12.7, vary=("accept-language",)))

    assert header(response.headers, b"age") == b"12"
    assert header(response.headers, b"vary") == b"accept-language"


def test_a_mutation_is_never_stored() -> None:
    stored = operation("mutation Home { a }")

    response = respond(
        result({"a": {}}, freshness=Freshness(max_age_s=60)), stored=stored
    )

    assert header(response.headers, b"cache-control") == b"no-store"
    assert header(response.headers, b"etag") is None
