"""Batches of GraphQL requests: bounded, in order, and each with its own errors."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest

from tests.support.memory_exchange import whole_body
from tests.support.titles_facade import Broken, Overloaded, Titles, ask, facade
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.persisted_queries import PersistedQueries
from weir.gateway.edge.response import Response
from weir.gateway.headers import header
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.response_limits import ResponseLimits
from weir.resolvers.sources.source import BoundFetch, Reply

TITLES = {"query": "{ titles { name } }"}

NOTHING_TO_RUN = "The request needs `query`, or `documentId` of a stored operation."


def batching(max_batch: int | None = 3, **changes: Any) -> Facade:
    return replace(facade(**changes), max_batch=max_batch)


async def post(served: Facade, requests: Any, **headers: bytes) -> Response:
    sent = {name.encode(): value for name, value in headers.items()}
    return await ask(served, "POST", "/web/graphql", json=requests, headers=sent)


def codes(response: Response) -> list[str]:
    return [
        each["errors"][0]["extensions"]["code"] if "errors" in each else ""
        for each in orjson.loads(whole_body(response))
    ]


async def test_responses_are_in_the_order_of_the_requests() -> None:
    renamed = {"query": '{ a: title(id: "t1") { id } }'}

    response = await post(batching(), [TITLES, renamed, TITLES])

    found = orjson.loads(whole_body(response))
    assert [next(iter(each["data"])) for each in found] == ["titles", "a", "titles"]
    assert response.status == 200
    assert (
        header(response.headers, b"content-type") == b"application/json; charset=utf-8"
    )
    assert header(response.headers, b"cache-control") == b"no-store"


class Waiting(Titles):
    """A source whose calls are in flight at the same time."""

    def prepare(self, fetch: Fetch) -> BoundFetch:
        call = super().prepare(fetch)

        async def wait(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            await asyncio.sleep(0.01)
            return await call(variables, context, span_id)

        return wait


class Counting(Waiting):
    """A source that counts the calls in flight."""

    in_flight = most = 0

    def prepare(self, fetch: Fetch) -> BoundFetch:
        call = super().prepare(fetch)

        async def count(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
            try:
                return await call(variables, context, span_id)
            finally:
                self.in_flight -= 1

        return count


async def test_ten_requests_of_a_batch_run_at_the_same_time() -> None:
    source = Counting()

    response = await post(batching(40, source=source), [TITLES] * 40)

    assert codes(response) == [""] * 40
    assert source.most == 10


async def test_the_responses_of_a_batch_have_the_size_of_one_together() -> None:
    served = batching(100)
    one = len(whole_body(await post(served, TITLES)))
    limits = ResponseLimits(size_bytes=25 * one)
    served.engine.view = replace(served.engine.view, response_limits=limits)

    response = await post(served, [TITLES] * 100)

    assert codes(response) == [""] * 25 + ["RESPONSE_TOO_LARGE"] * 75


async def test_requests_of_a_batch_do_not_share_one_execution() -> None:
    source = Waiting()
    served = replace(batching(source=source), shared=frozenset({"titles"}))
    query = "query T($id: ID!) { title(id: $id) { name } }"
    requests = [{"query": query, "variables": {"id": each}} for each in "ab"]

    await post(served, requests)

    assert [[*each.variables.values()] for each in source.requests] == [["a"], ["b"]]


async def test_an_error_belongs_to_its_request_alone() -> None:
    unknown = {"query": "{ missing }"}
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}}}

    served = replace(batching(), persisted=PersistedQueries())
    response = await post(served, [TITLES, unknown, hashed])
    stored = await post(batching(), [{"documentId": "unknown"}, TITLES])

    assert response.status == stored.status == 200
    assert codes(response) == [
        "",
        "GRAPHQL_VALIDATION_FAILED",
        "PERSISTED_QUERY_NOT_FOUND",
    ]
    assert codes(stored) == ["PERSISTED_QUERY_NOT_IN_LIST", ""]
    assert response.error_code == "GRAPHQL_VALIDATION_FAILED"


async def test_a_bug_fails_its_request_alone() -> None:
    broken = {"query": '{ title(id: "t1") { id } }'}

    response = await post(batching(source=Broken()), [TITLES, broken])

    assert codes(response) == ["", "INTERNAL_ERROR"]


async def test_requests_of_a_batch_may_persist_their_queries() -> None:
    served = replace(batching(), persisted=PersistedQueries())
    digest = sha256(TITLES["query"].encode()).hexdigest()
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}

    await post(served, [{**TITLES, **hashed}])

    assert codes(await post(served, [hashed, hashed])) == ["", ""]


async def test_failures_of_services_are_reported_once_for_each_request() -> None:
    response = await post(batching(source=Overloaded()), [TITLES, TITLES])

    assert codes(response) == ["UPSTREAM_OVERLOADED"] * 2
    assert len(response.failures) == 2


@pytest.mark.parametrize(
    ("max_batch", "requests", "message"),
    [
        (None, [TITLES], "Batches are not supported; send one request at a time."),
        (3, [], "A batch has 1 to 3 requests, got 0."),
        (3, [TITLES] * 4, "A batch has 1 to 3 requests, got 4."),
        (3, [TITLES, 1], "Each request of a batch must be a JSON object."),
        (3, [TITLES, [TITLES]], "Each request of a batch must be a JSON object."),
        (
            3,
            [TITLES, {}],
            NOTHING_TO_RUN,
        ),
        (3, "a", "The body must be a JSON object."),
    ],
)
async def test_a_batch_that_is_not_one_runs_nothing(
    max_batch: int | None, requests: Any, message: str
) -> None:
    source = Titles()

    response = await post(batching(max_batch, source=source), requests)

    error = orjson.loads(whole_body(response))["errors"][0]
    assert response.status == 400
    assert error["message"] == message
    assert source.requests == []


async def test_a_request_without_a_list_has_its_own_media_type() -> None:
    response = await post(
        batching(), TITLES, accept=b"application/graphql-response+json"
    )

    assert "titles" in orjson.loads(whole_body(response))["data"]
    assert header(response.headers, b"content-type") == (
        b"application/graphql-response+json; charset=utf-8"
    )
