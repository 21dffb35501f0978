"""A subgraph behind HTTP."""

from typing import Any

import orjson
import pytest
from graphql import OperationType

from tests.support.executing import execution_context, fetch
from tests.support.memory_upstream import MemoryUpstream, json_response
from weir.resolvers.errors import SubgraphError
from weir.resolvers.sources.graphql.source import GraphQLSource

DOCUMENT = '{ me(name: "Ünï\\"") }'
FETCH = fetch(1, "users", DOCUMENT)


@pytest.mark.parametrize("variables", [{}, {"a": 2**64 - 1, "b": [None, "ü"]}])
async def test_posts_the_document_and_its_variables(variables: Any) -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {"me": 1}}))
    source = GraphQLSource(upstream, "/query")
    context = execution_context()
    bound = source.prepare(FETCH)

    replies = [await bound(variables, context, "") for _ in range(2)]

    sent = upstream.requests[1]
    assert orjson.loads(sent.body) == {"query": DOCUMENT} | (
        {"variables": variables} if variables else {}
    )
    assert upstream.requests[0] == sent
    assert (sent.method, sent.path, sent.endpoint) == ("POST", "/query", "POST /query")
    assert sent.deadline_s == context.request.deadline_s
    assert dict(sent.headers)[b"content-type"] == b"application/json"
    assert [reply.data for reply in replies] == [{"me": 1}] * 2


async def test_a_request_names_its_operation_and_the_span_of_its_fetch() -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {}}))
    source = GraphQLSource(upstream)

    await source.prepare(FETCH)({}, execution_context(operation="Home"), "5" * 16)

    (sent,) = upstream.requests
    assert sent.operation == "Home"
    assert sent.parent_id == "5" * 16, "its attempts hang below the fetch"
    assert sent.endpoint == "POST /graphql", "bounded, whatever clients call theirs"


@pytest.mark.parametrize(
    ("kind", "safe"), [(OperationType.QUERY, True), (OperationType.MUTATION, False)]
)
async def test_only_queries_may_be_repeated(kind: OperationType, *, safe: bool) -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {}}))

    bound = GraphQLSource(upstream).prepare(fetch(1, "users", "{ a }", kind=kind))
    await bound({}, execution_context(), "")

    assert upstream.requests[0].safe is safe


async def test_variables_that_json_cannot_hold_are_an_error_of_the_fetch() -> None:
    upstream = MemoryUpstream(lambda _: json_response({"data": {}}))
    deep: Any = 1
    for _ in range(300):
        deep = [deep]

    with pytest.raises(SubgraphError, match="cannot be encoded"):
        await GraphQLSource(upstream).prepare(FETCH)(
            {"a": deep}, execution_context(), ""
        )


async def test_a_reply_has_the_provenance_of_its_response() -> None:
    response = json_response(
        {"data": {}},
        headers=(
            (b"cache-control", b"max-age=3"),
            (b"age", b"1"),
            (b"vary", b"Accept"),
        ),
    )
    source = GraphQLSource(MemoryUpstream(lambda _: response))

    reply = await source.prepare(FETCH)({}, execution_context(), "")

    found = reply.provenance
    assert (found.cache_control.max_age_s, found.age_s, found.vary) == (
        2,
        1,
        ("accept",),
    )
