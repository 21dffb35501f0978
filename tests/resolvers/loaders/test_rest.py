"""REST services for Python resolvers."""

import asyncio
from typing import Any

import pytest

from tests.support.executing import execution_context
from tests.support.memory_upstream import MemoryUpstream, json_response
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.resolvers.errors import HttpError, MalformedResponse
from weir.resolvers.loaders.rest import get_json, rest_batch
from weir.resolvers.provenance import Provenance
from weir.resolvers.recorded_upstreams import RecordedUpstreams

USERS = rest_batch("users", "/users?ids={ids}")


def users(request: UpstreamRequest) -> UpstreamResponse:
    ids = request.path.partition("=")[2].split(",")
    return json_response(
        [{"id": each, "name": f"User {each}"} for each in reversed(ids) if each != "9"],
        headers=((b"cache-control", b"max-age=30"),),
    )


async def test_forty_users_are_one_call() -> None:
    upstream = MemoryUpstream(users)
    context = execution_context(services={"users": upstream})

    found = await asyncio.gather(*(context.load(USERS, str(n % 10)) for n in range(40)))

    assert [each and each["name"] for each in found[8:11]] == ["User 8", None, "User 0"]
    assert [each.path for each in upstream.requests] == [
        "/users?ids=0,1,2,3,4,5,6,7,8,9"
    ]
    assert upstream.requests[0].endpoint == "GET /users?ids={ids}"
    assert upstream.requests[0].safe


async def test_ids_cannot_leave_their_place_in_the_path() -> None:
    upstream = MemoryUpstream(lambda _: json_response([]))
    context = execution_context(services={"users": upstream})

    assert await context.load(USERS, "1&admin=true/../x,2 é") is None
    assert (
        upstream.requests[0].path == "/users?ids=1%26admin%3Dtrue%2F..%2Fx%2C2%20%C3%A9"
    )


async def test_lists_may_be_wrapped_and_keyed_otherwise() -> None:
    batch = rest_batch("titles", "/titles?slug={ids}", items="items", key="slug")
    answer = {"items": [{"slug": "a", "n": 1}, "not an object"]}
    upstream = MemoryUpstream(lambda _: json_response(answer))
    context = execution_context(services={"titles": upstream})

    assert await context.load_many(batch, ["a", "b"]) == [{"slug": "a", "n": 1}, None]


async def test_loaded_data_decides_the_freshness_of_the_response() -> None:
    record: list[Provenance] = []
    upstreams = RecordedUpstreams({"users": MemoryUpstream(users)}, record)
    context = execution_context(services=upstreams)

    await context.load(USERS, "1")

    assert [each.cache_control.max_age_s for each in record] == [30]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (json_response(b"oops", 500), HttpError),
        (json_response(b"oops"), MalformedResponse),
        (json_response({"users": []}), MalformedResponse),
    ],
)
async def test_a_response_that_is_not_a_list_of_items_is_a_typed_error(
    response: UpstreamResponse, error: Any
) -> None:
    context = execution_context(services={"users": MemoryUpstream(lambda _: response)})

    with pytest.raises(error):
        await context.load(USERS, "1")


@pytest.mark.parametrize(
    ("status", "code", "http_status", "retryable"),
    [
        (400, "BAD_USER_INPUT", 400, False),
        (401, "UNAUTHENTICATED", 401, False),
        (403, "FORBIDDEN", 403, False),
        (405, "SUBREQUEST_REJECTED", 502, False),
        (409, "CONFLICT", 409, False),
        (415, "SUBREQUEST_REJECTED", 502, False),
        (422, "UNPROCESSABLE_CONTENT", 422, False),
        (429, "TOO_MANY_REQUESTS", 429, True),
        (500, "SUBREQUEST_HTTP_ERROR", 502, True),
        (503, "SUBREQUEST_HTTP_ERROR", 502, True),
    ],
)
async def test_an_error_status_is_the_error_for_clients_with_the_response_at_hand(
    status: int, code: str, http_status: int, *, retryable: bool
) -> None:
    response = json_response({"detail": "taken"}, status, ((b"retry-after", b"9"),))
    context = execution_context(services={"users": MemoryUpstream(lambda _: response)})

    for work in (
        get_json(context, "users", "/users/1", endpoint="/users/{id}"),
        context.load(USERS, "1"),
    ):
        with pytest.raises(HttpError) as caught:
            await work

        error = caught.value
        assert (error.status, error.headers, error.body) == (
            status,
            response.headers,
            response.body,
        )
        assert (error.row.code, error.row.status, error.row.retryable) == (
            code,
            http_status,
            retryable,
        )
        assert "taken" not in error.public_detail(development=True)


@pytest.mark.parametrize("status", [404, 410])
async def test_nothing_found_is_none(status: int) -> None:
    upstream = MemoryUpstream(lambda _: json_response({"detail": "no"}, status))
    context = execution_context(services={"users": upstream})

    assert await get_json(context, "users", "/users/1", endpoint="/users/{id}") is None
    assert await context.load(USERS, "1") is None
