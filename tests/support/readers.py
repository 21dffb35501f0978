"""The readers of what clients and services send, and values that are hard for them.

The values repeat one unit. The units are those at which readers of such fields are
known to become quadratic: long runs of one kind, openings without an end, separators.
"""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Final, TypeAlias

from tests.support.calls import request_context, upstream_request
from tests.support.growth import Sizes, growth_exponent, opcode_growth_exponent
from tests.support.memory_exchange import buffered_request, request_head
from tests.support.stored_response import STORED
from weir.bffs.facades.graphql.protocol import preferred
from weir.bffs.facades.http.json_body import json_object
from weir.bffs.facades.http.query_string import query_pairs
from weir.gateway.content_decoding import CodingError, decode_content
from weir.gateway.edge.context.client_address import ProxyHeader, TrustedProxies
from weir.gateway.edge.context.forwarding import tracestate
from weir.gateway.edge.context.request_id import well_formed_request_id
from weir.gateway.edge.context.trace import parse_traceparent
from weir.gateway.edge.header_map import header_map
from weir.gateway.edge.origin import is_host
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.compression import (
    CompressionPolicy,
    is_codable,
    preferred_coding,
    varying,
)
from weir.gateway.edge.responses.finalize import matching_tag
from weir.gateway.errors import BadRequest, WeirError
from weir.gateway.headers import connection_options, end_to_end, list_members
from weir.gateway.http_time import retry_after_s
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.transport.request_encoder import encode_request
from weir.gateway.upstreams.balancing.hash_key import hash_key
from weir.gateway.upstreams.middleware.cache.preconditions import is_unmodified
from weir.gateway.upstreams.middleware.cache.stored import StoredResponse, select
from weir.gateway.upstreams.middleware.cache.tags import tags_of
from weir.gateway.upstreams.middleware.cache.writes import outdated_paths
from weir.gateway.upstreams.model.policy import HashOn
from weir.resolvers.provenance import read_provenance

Reader: TypeAlias = Callable[[bytes], object]
PROXIES: Final = (ip_network("127.0.0.1"),)


def stored(*headers: tuple[bytes, bytes]) -> StoredResponse:
    return replace(STORED, headers=headers)


def origin(header: str) -> Reader:
    trusted: ProxyHeader = "forwarded" if header == "forwarded" else "x-forwarded-for"
    proxies = TrustedProxies(PROXIES, trusted)

    def read(value: bytes) -> object:
        return proxies.origin("127.0.0.1", "http", {header.encode(): value})

    return read


def codable(value: bytes) -> object:
    headers = ((b"content-type", value), (b"cache-control", value))
    response = Response(status=200, headers=headers, body=b"x")
    return is_codable(response, CompressionPolicy(min_bytes=0))


def location(value: bytes) -> object:
    response = UpstreamResponse(
        status=201, headers=((b"location", value),), body=b"", instance="http://a:1"
    )
    return outdated_paths(upstream_request("POST", "/a/b/c"), response)


def request_line(value: bytes) -> object:
    request = upstream_request("GET", "/" + value.decode("latin-1"))
    try:
        return encode_request(request, ((b"x-a", value),), "a")
    except UpstreamError as error:
        return error


def content_coding(value: bytes) -> object:
    try:
        return decode_content(value, b"", 10)
    except CodingError as error:
        return error


def cookie(value: bytes) -> object:
    context = request_context(((b"cookie", value),))
    return hash_key(HashOn("cookie", "id"))(upstream_request(), context)


def connection(value: bytes) -> object:
    return connection_options(value)


def json_type(value: bytes) -> object:
    head = request_head(method="POST", headers=((b"content-type", value),))
    try:
        return json_object(buffered_request(head, b"{}"), BadRequest)
    except WeirError as error:
        return error


def query_string(value: bytes) -> object:
    try:
        return query_pairs(value.decode("latin-1"), BadRequest)
    except WeirError as error:
        return error


READERS: dict[str, Reader] = {
    "Forwarded": origin("forwarded"),
    "X-Forwarded-For": origin("x-forwarded-for"),
    "X-Forwarded-Proto": origin("x-forwarded-proto"),
    "X-Forwarded-Host": origin("x-forwarded-host"),
    "Host": is_host,
    "X-Request-Id": well_formed_request_id,
    "traceparent": parse_traceparent,
    "tracestate": lambda value: tracestate({b"tracestate": value}),
    "Connection of a client": connection,
    "Connection of a service": lambda value: end_to_end(((b"connection", value),)),
    "Accept-Encoding": preferred_coding.__wrapped__,
    "Content-Type and Cache-Control": codable,
    "Vary of a façade": lambda value: varying(((b"vary", value),)),
    "If-None-Match of a client": lambda value: matching_tag(value, b'"tag"'),
    "If-None-Match of a cache": lambda value: is_unmodified(
        stored((b"etag", b'"tag"')), ((b"if-none-match", value),)
    ),
    "If-Modified-Since": lambda value: is_unmodified(
        stored((b"last-modified", value)), ((b"if-modified-since", value),)
    ),
    "Vary of a service": lambda value: select(
        ((b"accept", b"*/*"),) * 100, list_members(((b"vary", value),), b"vary")
    ),
    "Cache-Tag and Surrogate-Key": lambda value: tags_of(
        ((b"cache-tag", value), (b"surrogate-key", value))
    ),
    "Location": location,
    "what a response says of itself": lambda value: read_provenance(
        tuple(
            (name, value)
            for name in (b"cache-control", b"vary", b"age", b"x-cache", b"cache-status")
        )
    ),
    "Retry-After": lambda value: retry_after_s(value, 0.0),
    "the request line": request_line,
    "Content-Encoding": content_coding,
    "Cookie": cookie,
    "Accept": preferred.__wrapped__,
    "Content-Type of a request": json_type,
    "the query string": query_string,
    "lines of one name": lambda value: header_map([(b"a", b"")] * len(value)),
}


UNITS: Final = (
    *(b" ", b"a", b"1", b'"', b"\\", b",", b";", b"=", b"-", b"/", b".", b"\xff"),
    *(b'a="', b"a=b;", b'"a",', b"a, ", b";q=1,", b"../", b"for=1.1.1.1,", b"[:"),
)
FEW_UNITS: Final = (b" ", b"a", b'"', b",", b'a="')


def reader_exponent(name: str, unit: bytes, sizes: Sizes) -> float:
    """Return the exponent of a reader's CPU time with values that repeat `unit`."""
    return growth_exponent(READERS[name], _repeating(unit), sizes)


def reader_opcode_exponent(name: str, unit: bytes) -> float:
    """Return the exponent of the number of opcodes with values that repeat `unit`."""
    return opcode_growth_exponent(READERS[name], _repeating(unit), Sizes(16))


def _repeating(unit: bytes) -> Callable[[int], bytes]:
    # An even number, so that quotes are in pairs at each size or at none.
    return lambda size: b"gzip" + unit * (size // len(unit) & ~1) + b"!"
