"""What a client that has an answer already is sent of it."""

import pytest

from tests.support.memory_exchange import request_head
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.compression import CompressionPolicy
from weir.gateway.edge.responses.finalize import finalize, matching_tag
from weir.gateway.headers import Headers

JSON = (b"content-type", b"application/json")
TAG = (b"etag", b'"abc"')
FRESH = (b"cache-control", b"public, max-age=60")
VARY = (b"vary", b"Accept-Encoding")
POLICY = CompressionPolicy(min_bytes=10)


def answer(body: bytes = b"x" * 10, status: int = 200) -> Response:
    return Response(
        status=status,
        headers=(JSON, TAG, FRESH),
        body=body,
        operation="Op",
    )


def sent(
    response: Response,
    tag: bytes = b'"abc"',
    method: str = "GET",
    policy: CompressionPolicy | None = POLICY,
) -> Response:
    fields = ((b"if-none-match", tag), (b"accept-encoding", b"gzip"))
    head = request_head(method=method, headers=fields)
    return finalize(response, head, policy)[0]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_has_not_changed_is_not_sent_again(method: str) -> None:
    response = sent(answer(), method=method)

    assert response == Response(
        status=304, headers=(TAG, FRESH, VARY), body=b"", operation="Op"
    )


@pytest.mark.parametrize(
    ("body", "policy", "headers"),
    [
        (b"x" * 10, POLICY, (TAG, FRESH, VARY)),
        (b"x" * 9, POLICY, (TAG, FRESH)),
        (b"x" * 10, None, (TAG, FRESH)),
    ],
)
def test_it_varies_where_the_whole_answer_would(
    body: bytes, policy: CompressionPolicy | None, headers: Headers
) -> None:
    whole = sent(answer(body), b'"other"', policy=policy)
    unchanged = sent(answer(body), policy=policy)

    assert unchanged.headers == headers
    assert (VARY in whole.headers) is (VARY in unchanged.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_request_that_is_no_reading_is_answered_whole(method: str) -> None:
    assert (sent(answer(), method=method)).status == 200


def test_an_error_is_answered_whole() -> None:
    assert (sent(answer(status=404))).status == 404


def test_an_answer_without_a_tag_is_sent_whole() -> None:
    untagged = Response(status=200, headers=(JSON,), body=b"{}")

    assert sent(untagged, b"*") == untagged


@pytest.mark.parametrize(
    ("if_none_match", "known"),
    [
        (b'"abc"', b'"abc"'),
        (b'W/"abc"', b'W/"abc"'),
        (b'"x", W/"abc" , "y"', b'W/"abc"'),
        (b"*", b'"abc"'),
        (b'"x"', None),
        (b"abc", None),
        (b"", None),
    ],
)
def test_a_tag_is_compared_weakly_and_named_as_the_client_has_it(
    if_none_match: bytes, known: bytes | None
) -> None:
    assert matching_tag(if_none_match, b'"abc"') == known


def test_a_weak_tag_is_known_by_its_strong_form() -> None:
    assert matching_tag(b'"abc"', b'W/"abc"') == b'"abc"'
