"""GraphQL over HTTP: how requests are decoded and media types negotiated."""

import pytest

from tests.support.memory_exchange import buffered_request, request_head
from weir.bffs.facades.errors import InvalidGraphQLRequest, PersistedQueryNotSupported
from weir.bffs.facades.graphql.protocol import (
    GraphQLRequest,
    MediaType,
    decode,
    not_acceptable,
    preferred,
)
from weir.gateway.edge.request import Request
from weir.gateway.errors import UnsupportedMediaType


def request(
    method: str = "POST",
    body: bytes = b"",
    query: str = "",
    content_type: bytes = b"application/json",
) -> Request:
    headers = ((b"content-type", content_type),)
    head = request_head("/web/graphql", method=method, headers=headers, query=query)
    return buffered_request(head, body)


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"Application/JSON; charset=utf-8",
        b'application/json; charset="UTF-8"',
        b"application/graphql+json",
        b"Application/vnd.Shop.v1+JSON; charset=utf-8",
    ],
)
def test_a_post_is_decoded(content_type: bytes) -> None:
    body = b'{"query":"{a}","operationName":"A","variables":{"x":1},"extensions":{}}'

    decoded = decode(request(body=body, content_type=content_type))

    assert decoded == GraphQLRequest(
        query="{a}", operation_name="A", variables={"x": 1}, read_only=False
    )


def test_a_get_is_decoded_and_read_only() -> None:
    decoded = decode(
        request("GET", query="query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&operationName=")
    )

    assert decoded == GraphQLRequest(
        query="{a}", operation_name=None, variables={"x": 1}, read_only=True
    )


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        (b"text/plain", "application/json"),
        (b"text/x+json", "application/json"),
        (b"application/json+x", "application/json"),
        (b"Multipart/Form-Data; boundary=x", "Uploads as multipart/form-data are not"),
        (b"application/json; charset=latin1", "UTF-8"),
    ],
)
def test_a_post_of_another_media_type_is_rejected(
    content_type: bytes, message: str
) -> None:
    with pytest.raises(UnsupportedMediaType, match=message):
        decode(request(content_type=content_type))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "The body is not JSON"),
        ("[]", "Batches are not supported"),
        ("1", "must be a JSON object"),
        ("{}", "needs `query`, or `documentId`"),
        ('{"query":1}', "`query` must be a str"),
        ('{"query":"{a}","documentId":"A"}', "both a `query` and the id"),
        ('{"documentId":1}', "The `documentId` must be a string"),
        (
            '{"extensions":{"persistedQuery":"ab"}}',
            "`extensions.persistedQuery` must be a JSON object",
        ),
        ('{"query":"{a}","operationName":1}', "The `operationName` must be a string"),
        ('{"query":"{a}","variables":[1]}', "`variables` must be a JSON object"),
        ("[" + "{}," * 262_144 + "{}]", "The body has too many names and values"),
        ('{"query":"{a}","extensions":"x"}', "`extensions` must be a JSON object"),
    ],
)
def test_an_invalid_body_is_rejected(body: str, message: str) -> None:
    with pytest.raises(InvalidGraphQLRequest, match=message):
        decode(request(body=body.encode()))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("query={a}&query={b}", 'The parameter "query" is given 2 times'),
        ("query=%ff", 'The parameter "query" is not UTF-8'),
        ("query={a}&variables={", 'The parameter "variables" is not JSON'),
    ],
)
def test_an_invalid_parameter_of_a_get_is_rejected(query: str, message: str) -> None:
    with pytest.raises(InvalidGraphQLRequest, match=message):
        decode(request("GET", query=query))


def test_another_version_of_persisted_queries_is_rejected() -> None:
    body = b'{"extensions":{"persistedQuery":{"version":2}}}'

    with pytest.raises(PersistedQueryNotSupported):
        decode(request(body=body))


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (b"", MediaType.JSON),
        (b"*/*", MediaType.JSON),
        (b"application/*", MediaType.JSON),
        (b"application/json", MediaType.JSON),
        (b"application/graphql-response+json", MediaType.RESPONSE),
        (
            b"application/graphql-response+json, application/json;q=0.9",
            MediaType.RESPONSE,
        ),
        (
            b"application/graphql-response+json;q=0.5, application/json",
            MediaType.JSON,
        ),
        (b"text/html, */*;q=0.1", MediaType.JSON),
        # RFC 9110 §12.5.1: the most specific range applies.
        (b"application/json;q=0, */*", MediaType.RESPONSE),
        (b"application/json;q=0, application/*;q=0.1", MediaType.RESPONSE),
        (b"application/graphql-response+json;q=0, */*", MediaType.JSON),
        (b"application/graphql-response+json, */*", MediaType.RESPONSE),
    ],
)
def test_the_media_type_is_the_one_that_the_client_prefers(
    accept: bytes, expected: MediaType
) -> None:
    assert preferred(accept) is expected


@pytest.mark.parametrize(
    "accept",
    [
        b"text/html",
        b"application/json;q=0",
        b"application/*;q=0, */*",
        b"*/*;q=0",
        b";;;",
    ],
)
def test_a_client_can_accept_neither(accept: bytes) -> None:
    assert preferred(accept) is None


def test_the_error_names_the_media_types() -> None:
    assert not_acceptable().detail == (
        "Accept application/graphql-response+json or application/json."
    )
