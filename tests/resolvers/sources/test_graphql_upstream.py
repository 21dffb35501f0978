"""A subgraph behind HTTP."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.upstreams.call import UpstreamResponse
from resolvers.errors import HttpError, MalformedResponse, SubgraphError
from resolvers.sources.graphql_upstream import (
    GraphQLUpstream,
    fetch_sdl,
    read_reply,
)
from resolvers.sources.provenance import Freshness
from resolvers.sources.source import SourceRequest
from tests.support.calls import request_context
from tests.support.executing import execution_context
from tests.support.memory_upstream import MemoryUpstream, json_response


def request(**variables: Any) -> SourceRequest:
    return SourceRequest(
        document='{ me(name: "Ünï\\"") }', variables=variables, safe=True
    )


@pytest.mark.parametrize("variables", [{}, {"a": 2**64 - 1, "b": [None, "ü"]}])
async def test_posts_the_document_and_its_variables(variables: Any) -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {"me": 1}}))
    source = GraphQLUpstream(upstream, "/query")
    context = execution_context({})
    asked = request(**variables)

    replies = [await source.fetch(asked, context) for _ in range(2)]

    sent = upstream.requests[1]
    assert orjson.loads(sent.body) == {"query": asked.document} | (
        {"variables": variables} if variables else {}
    )
    assert upstream.requests[0] == sent
    assert (sent.method, sent.path, sent.endpoint) == ("POST", "/query", "POST /query")
    assert sent.deadline_s == context.request.deadline_s
    assert dict(sent.headers)[b"content-type"] == b"application/json"
    assert [reply.data for reply in replies] == [{"me": 1}] * 2


async def test_says_which_operation_it_is_for_and_whose_fetch_it_is() -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {}}))
    source = GraphQLUpstream(upstream, "/graphql", "subgraphs.users")

    await source.fetch(request(), replace(execution_context({}), operation="Home"))

    (sent,) = upstream.requests
    assert (sent.operation, sent.caller) == ("Home", "subgraphs.users")
    assert sent.endpoint == "POST /graphql", "bounded, whatever clients call theirs"


@pytest.mark.parametrize("safe", [True, False])
async def test_says_whether_the_call_may_be_repeated(*, safe: bool) -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {}}))

    await GraphQLUpstream(upstream).fetch(
        SourceRequest(document="{ a }", variables={}, safe=safe), execution_context({})
    )

    assert upstream.requests[0].safe is safe


async def test_the_documents_it_remembers_are_bounded() -> None:
    source = GraphQLUpstream(MemoryUpstream(lambda _: json_response({"data": {}})))
    context = execution_context({})

    for number in range(5000):
        document = f"{{ a{number} }}"
        await source.fetch(
            SourceRequest(document=document, variables={}, safe=True), context
        )

    assert len(source._bodies) == 4096  # noqa: SLF001 - memory is what is tested


async def test_variables_that_json_cannot_hold_are_an_error_of_the_fetch() -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {}}))
    deep: Any = 1
    for _ in range(300):
        deep = [deep]

    with pytest.raises(SubgraphError, match="cannot be asked"):
        await GraphQLUpstream(upstream).fetch(request(a=deep), execution_context({}))


READ: list[tuple[Any, int, Any, int]] = [
    ({"data": {"a": 1}}, 200, {"a": 1}, 0),
    ({"data": {"a": 1}, "errors": []}, 200, {"a": 1}, 0),
    ({"data": {"a": 1}, "errors": None}, 200, {"a": 1}, 0),
    ({"data": None, "errors": [{"message": "x"}]}, 200, None, 1),
    ({"errors": [{"message": "x"}, {"message": "y"}]}, 400, None, 2),
    ({"errors": [{"message": "x"}]}, 500, None, 1),
    ({"data": {"a": 1}}, 500, {"a": 1}, 0),
    (
        {"data": {"a": 2**64 - 1, "b": -(2**63), "c": 0.1}},
        200,
        {"a": 2**64 - 1, "b": -(2**63), "c": 0.1},
        0,
    ),
]


@pytest.mark.parametrize(("body", "status", "data", "errors"), READ)
def test_a_graphql_answer_is_one_whatever_its_status(
    body: Any, status: int, data: Any, errors: int
) -> None:
    reply = read_reply(json_response(body, status))

    assert (reply.data, len(reply.errors)) == (data, errors)


def test_reads_what_the_answer_says_of_itself() -> None:
    response = json_response(
        {"data": {}},
        headers=(
            (b"cache-control", b"max-age=3"),
            (b"age", b"1"),
            (b"vary", b"Accept"),
        ),
    )

    reply = read_reply(response)

    assert reply.provenance.freshness == Freshness(max_age_s=3)
    assert (reply.provenance.age_s, reply.provenance.vary) == (1, ("accept",))
    assert reply.headers == response.headers


NO_ANSWERS: list[tuple[UpstreamResponse, type[SubgraphError]]] = [
    (json_response(b"oops", 500), HttpError),
    (json_response({"detail": "x"}, 404), HttpError),
    (json_response(b"", 302), HttpError),
    (json_response(b"<html>"), MalformedResponse),
    (json_response({"detail": "x"}), MalformedResponse),
    (json_response([]), MalformedResponse),
]


@pytest.mark.parametrize(("response", "error"), NO_ANSWERS)
def test_other_answers_are_typed_errors(
    response: UpstreamResponse, error: type[SubgraphError]
) -> None:
    with pytest.raises(error):
        read_reply(response)


async def test_asks_a_service_for_its_sdl() -> None:
    body = {"data": {"_service": {"sdl": "type Query { a: Int }"}}}
    upstream = MemoryUpstream(lambda _: json_response(body))

    sdl = await fetch_sdl(upstream, "/graphql", request_context())

    assert sdl == "type Query { a: Int }"
    assert upstream.requests[0].safe


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"_service": {"sdl": 3}}},
        {"data": {"_service": None}},
        {"data": None, "errors": [{"message": "no such field"}]},
        {"data": {}},
    ],
)
async def test_a_service_that_tells_no_sdl_is_an_error(body: Any) -> None:
    upstream = MemoryUpstream(lambda _: json_response(body))

    with pytest.raises(MalformedResponse, match="_service"):
        await fetch_sdl(upstream, "/graphql", request_context())
