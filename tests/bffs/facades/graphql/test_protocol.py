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
from weir.gateway.errors import UnsupportedMediaType, WeirError


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
    ("bad", "error", "message"),
    [
        (request(content_type=b"text/plain"), UnsupportedMediaType, "application/json"),
        (
            request(content_type=b"text/x+json"),
            UnsupportedMediaType,
            "application/json",
        ),
        (
            request(content_type=b"application/json+x"),
            UnsupportedMediaType,
            "application/json",
        ),
        (
            request(content_type=b"application/json; charset=latin1"),
            UnsupportedMediaType,
            "UTF-8",
        ),
        (request(body=b"{"), InvalidGraphQLRequest, "The body is not JSON"),
        (request(body=b"[]"), InvalidGraphQLRequest, "Batches are not supported"),
        (request(body=b"1"), InvalidGraphQLRequest, "must be a JSON object"),
        (request(body=b"{}"), InvalidGraphQLRequest, "needs a `query`"),
        (request(body=b'{"query":1}'), InvalidGraphQLRequest, "`query` must be a str"),
        (
            request(body=b'{"query":"{a}","documentId":"A"}'),
            InvalidGraphQLRequest,
            "both a `query` and the id",
        ),
        (
            request(body=b'{"documentId":1}'),
            InvalidGraphQLRequest,
            "The `documentId` must be a string",
        ),
        (
            request(body=b'{"extensions":{"persistedQuery":"ab"}}'),
            InvalidGraphQLRequest,
            "`extensions.persistedQuery` must be a JSON object",
        ),
        (
            request(body=b'{"extensions":{"persistedQuery":{"version":2}}}'),
            PersistedQueryNotSupported,
            "PersistedQueryNotSupported",
        ),
        (
            request(body=b'{"query":"{a}","operationName":1}'),
            InvalidGraphQLRequest,
            "The `operationName` must be a string",
        ),
        (
            request(body=b'{"query":"{a}","variables":[1]}'),
            InvalidGraphQLRequest,
            "`variables` must be a JSON object",
        ),
        (
            request(body=b'{"query":"{a}","extensions":"x"}'),
            InvalidGraphQLRequest,
            "`extensions` must be a JSON object",
        ),
        (
            request("GET", query="query={a}&query={b}"),
            InvalidGraphQLRequest,
            'The parameter "query" is given 2 times',
        ),
        (
            request("GET", query="query=%ff"),
            InvalidGraphQLRequest,
            'The parameter "query" is not UTF-8',
        ),
        (
            request("GET", query="query={a}&variables={"),
            InvalidGraphQLRequest,
            'The parameter "variables" is not JSON',
        ),
    ],
)
def test_an_invalid_graphql_request_is_rejected(
    bad: Request, error: type[WeirError], message: str
) -> None:
    with pytest.raises(error, match=message):
        decode(bad)


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
