"""Numbers on their way through the gateway: which keep their value, and what else is.

From a service's bytes to the client's, and from the client's to the service's; the
page docs/reference/federation.md promises what stands here.
"""

from typing import Any

import orjson
import pytest

from tests.support.calls import request_context
from tests.support.memory_exchange import (
    buffered_request,
    request_head,
    whole_body,
)
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graphql.endpoint import GraphQLEndpoint
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.errors import WeirError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

SDL = """
scalar Any
type Query { any: Any float: Float int: Int id: ID echo(value: Any): Boolean }
"""
LARGEST, SMALLEST = "18446744073709551615", "-9223372036854775808"
ABOVE, BELOW = "18446744073709551616", "-9223372036854775809"


class BytesUpstream:
    """Answers one field with these bytes; keeps what it was asked."""

    def __init__(self, value: str) -> None:
        self._value = value
        self.asked = b""

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del context
        self.asked = request.body
        field = orjson.loads(request.body)["query"].split()[2].partition("(")[0]
        body = f'{{"data":{{"{field.rstrip(":")}":{self._value}}}}}'
        return UpstreamResponse(status=200, headers=(), body=body.encode())


def front(upstream: BytesUpstream) -> GraphQLEndpoint:
    composed = compose([Subgraph(name="numbers", sdl=SDL)])
    assert isinstance(composed, Composed)
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    served = EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources={"numbers": GraphQLSource(upstream)},
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=False,
        masked=False,
        overrides=Overrides.of(graph, OverridePolicy()),
    )
    engine = Engine(served, PreparationQueue(99, SystemClock()), SystemClock())
    return GraphQLEndpoint(
        Facade(
            name="web",
            path="",
            engine=engine,
            device={},
            stored=(),
            development=True,
            fingerprint="",
        )
    )


async def answered(upstream: BytesUpstream, query: str, variables: str = "{}") -> str:
    """The bytes that the client gets, as it sent `variables` as they stand here."""
    serving = front(upstream)
    context = request_context()
    body = f'{{"query":{orjson.dumps(query).decode()},"variables":{variables}}}'
    headers = ((b"content-type", b"application/json"),)
    head = request_head("/graphql", method="POST", headers=headers)
    try:
        response = await serving.respond(buffered_request(head, body.encode()), context)
    except WeirError as error:
        response = serving.render_error(error, context)
    return whole_body(response).decode()


KEPT = [LARGEST, SMALLEST, "9007199254740993", "0", "-1"]
DOUBLES = ["0.1", "-0.0", "5e-324", "1.7976931348623157e308", "0.30000000000000004"]


@pytest.mark.parametrize("value", KEPT)
@pytest.mark.parametrize("field", ["any", "float", "int", "id"])
async def test_integers_of_64_bits_keep_their_value(field: str, value: str) -> None:
    body = await answered(BytesUpstream(value), f"{{ {field} }}")

    assert body == f'{{"data":{{"{field}":{value}}}}}'


@pytest.mark.parametrize("value", DOUBLES)
@pytest.mark.parametrize("field", ["any", "float"])
async def test_doubles_keep_their_value(field: str, value: str) -> None:
    data = orjson.loads(await answered(BytesUpstream(value), f"{{ {field} }}"))["data"]

    assert repr(data[field]) == repr(float(value))


@pytest.mark.parametrize("value", [ABOVE, BELOW, "123456789012345678901234567890"])
@pytest.mark.parametrize("field", ["any", "float"])
async def test_larger_integers_become_the_nearest_double(
    field: str, value: str
) -> None:
    data = orjson.loads(await answered(BytesUpstream(value), f"{{ {field} }}"))["data"]

    assert data == {field: float(value)}


@pytest.mark.parametrize("value", [ABOVE, BELOW])
@pytest.mark.parametrize("field", ["id", "int"])
async def test_larger_integers_do_not_fit_where_a_double_does_not(
    field: str, value: str
) -> None:
    answer = orjson.loads(await answered(BytesUpstream(value), f"{{ {field} }}"))

    assert answer["data"] == {field: None}
    assert "does not fit its type" in answer["errors"][0]["message"]


async def test_a_number_beyond_doubles_makes_a_reply_invalid() -> None:
    answer = orjson.loads(await answered(BytesUpstream("1e400"), "{ any }"))

    assert answer["data"] == {"any": None}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "SUBREQUEST_MALFORMED_RESPONSE"


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        (LARGEST, LARGEST),
        (SMALLEST, SMALLEST),
        ("0.1", "0.1"),
        (ABOVE, "1.8446744073709552e+19"),
    ],
)
async def test_variables_are_sent_as_exactly_as_responses_are_returned(
    sent: str, asked: str
) -> None:
    upstream = BytesUpstream("true")
    query = "query ($v: Any) { echo(value: $v) }"

    await answered(upstream, query, f'{{"v":{sent}}}')

    assert f'"v":{asked}}}'.encode() in upstream.asked


@pytest.mark.parametrize("literal", [ABOVE, "123456789012345678901234567890", "1e400"])
async def test_literals_of_any_size_are_passed_on_as_written(literal: str) -> None:
    upstream = BytesUpstream("true")

    await answered(upstream, f"{{ echo(value: {literal}) }}")

    query: Any = orjson.loads(upstream.asked)["query"]
    assert f"(value: {literal})" in query
