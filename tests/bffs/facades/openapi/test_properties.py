"""A response is as its description says, whatever the operation selects."""

from typing import Any

import orjson
from graphql import parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.support.facade_client import binding, stored_operation
from tests.support.memory_exchange import whole_body
from tests.support.random_operations import operations
from tests.support.split_graphs import SplitGraph, split_graphs
from tests.support.split_world import ask, unsplit
from weir.bffs.facades.errors import ResourceNotFound
from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.rest.omitted_nulls import NOTHING_OMITTED, NullRule
from weir.bffs.facades.rest.response import ResponseForm, rest_response
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.response_fields import root_names
from weir.gateway.cache_control import NO_STATEMENT
from weir.resolvers.execute.result import ExecutionResult
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

OPERATIONS_PER_GRAPH = 4


def body_of(operation: StoredOperation, found: Any, nulls: NullRule | None) -> Any:
    """Return the body of the REST response, or None for a 404."""
    result = ExecutionResult(
        data=found["data"], completed=True, cache_control=NO_STATEMENT
    )
    try:
        unwraps = len(root_names(operation)) == 1
        form = ResponseForm(
            operation="Q",
            reusable=True,
            unwraps=unwraps,
            omitted=nulls.of(operation) if nulls else NOTHING_OMITTED,
        )
        response = rest_response(result, form)
        return orjson.loads(whole_body(response))
    except ResourceNotFound:
        return None


def check(split: SplitGraph, data: st.DataObject) -> None:
    graph = Graph.of(read_supergraph(split.supergraph))
    schema = unsplit(split, graph.supergraph.api_schema)
    for _ in range(OPERATIONS_PER_GRAPH):
        sent = data.draw(operations(schema))
        if validate(schema, parse(sent.document)):
            continue
        text = sent.document.replace("query", "query Q", 1)
        stored = stored_operation(text, binding("GET", "/q"))
        found = ask(schema, sent.document, sent.variables)
        for nulls in (None, NullRule(schema, graph)):
            body = body_of(stored, found, nulls)
            if body is not None:
                described = openapi_document(
                    RestApi(
                        name="web",
                        path="",
                        servers=("/",),
                        schema=schema,
                        operations=(stored,),
                        nulls=nulls,
                    )
                )
                Draft202012Validator(
                    {
                        "$ref": "#/components/schemas/QResponse",
                        "components": described["components"],
                    }
                ).validate(body)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(split=split_graphs(), data=st.data())
def test_a_response_is_as_described(split: SplitGraph, data: st.DataObject) -> None:
    check(split, data)
