"""Replies of GraphQL services, read from HTTP responses."""

from typing import Any

import pytest

from tests.support.memory_upstream import json_response
from weir.gateway.transport.message import UpstreamResponse
from weir.resolvers.errors import HttpError, MalformedResponse, SubgraphError
from weir.resolvers.sources.graphql.reply import read_reply
from weir.resolvers.sources.source import MAX_ERRORS

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
def test_a_graphql_response_is_read_with_any_status(
    body: Any, status: int, data: Any, errors: int
) -> None:
    reply = read_reply(json_response(body, status))

    assert (reply.data, len(reply.errors)) == (data, errors)


def test_of_very_many_errors_the_first_are_read_and_the_others_counted() -> None:
    reply = read_reply(json_response({"errors": [{"message": "x"}] * 60_000}))

    assert len(reply.errors) == MAX_ERRORS
    assert reply.omitted_errors == 60_000 - MAX_ERRORS


NO_ANSWERS: list[tuple[UpstreamResponse, type[SubgraphError]]] = [
    (json_response(b"oops", 500), HttpError),
    (json_response({"detail": "x"}, 404), HttpError),
    (json_response(b"", 302), HttpError),
    (json_response(b"<html>"), MalformedResponse),
    (json_response({"detail": "x"}), MalformedResponse),
    (json_response([]), MalformedResponse),
]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "SUBREQUEST_REJECTED"),
        (401, "UNAUTHENTICATED"),
        (403, "FORBIDDEN"),
        (404, "SUBREQUEST_REJECTED"),
        (409, "SUBREQUEST_REJECTED"),
        (429, "TOO_MANY_REQUESTS"),
        (500, "SUBREQUEST_HTTP_ERROR"),
    ],
)
def test_the_fault_is_the_client_s_only_if_the_status_is_about_the_caller(
    status: int, code: str
) -> None:
    for body in (b"<html>", {"detail": "x"}):
        with pytest.raises(HttpError) as caught:
            read_reply(json_response(body, status))
        assert caught.value.code == code


@pytest.mark.parametrize(("response", "error"), NO_ANSWERS)
def test_other_responses_are_typed_errors(
    response: UpstreamResponse, error: type[SubgraphError]
) -> None:
    with pytest.raises(error):
        read_reply(response)
