"""A subgraph behind HTTP."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from resolvers.errors import SubgraphError
from resolvers.sources.graphql.source import GraphQLUpstream
from resolvers.sources.source import SourceRequest
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


async def test_a_reply_has_what_its_response_says_of_itself() -> None:
    response = json_response(
        {"data": {}},
        headers=(
            (b"cache-control", b"max-age=3"),
            (b"age", b"1"),
            (b"vary", b"Accept"),
        ),
    )
    source = GraphQLUpstream(MemoryUpstream(lambda _: response))

    reply = await source.fetch(request(), execution_context({}))

    found = reply.provenance
    assert (found.cache_control.max_age_s, found.age_s, found.vary) == (
        2,
        1,
        ("accept",),
    )
    assert reply.headers == response.headers
