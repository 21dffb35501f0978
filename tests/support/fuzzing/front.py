"""The bytes of a client's connection, and the first decisions about its requests."""

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final

from tests.support.calls import DeafSink
from tests.support.fake_clock import FakeClock
from tests.support.fuzzing.segments import chosen_segments
from tests.support.fuzzing.target import FuzzTarget
from tests.support.memory_exchange import buffered_request
from tests.support.parsers.connections import CHUNKED, POST
from tests.support.parsers.identity import CREDENTIALS
from weir.bffs.facades.graphql.protocol import decode
from weir.gateway.edge.builtin import HEALTH_ENDPOINT
from weir.gateway.edge.context.client_address import TrustedProxies
from weir.gateway.edge.context.request_context import RequestContexts
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import Route, RoutePolicy
from weir.gateway.headers import Headers
from weir.gateway.ids import RandomIds
from weir.gateway.routes.matching.path import is_malformed, segments_of
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.messages.message_parser import MessageParser
from weir.gateway.server.messages.request_head import Source

_PROXIES: Final = TrustedProxies((ip_network("192.0.2.0/24"),), "forwarded")
_CONTEXTS: Final = RequestContexts(DeafSink(), RandomIds(), sample=0.5)
_ROUTE: Final = Route(endpoint=HEALTH_ENDPOINT, policy=RoutePolicy())


@dataclass
class _Requests:
    """A receiver that keeps the requests of a connection."""

    heads: list[RequestHead] = field(default_factory=list[RequestHead])
    bodies: list[bytearray] = field(default_factory=list[bytearray])

    def head_received(
        self, head: RequestHead, length: int | None, *, keep_alive: bool, upgrade: bool
    ) -> "_Requests":
        del length, keep_alive, upgrade
        self.heads.append(head)
        self.bodies.append(bytearray())
        return self

    def feed(self, data: bytes) -> None:
        self.bodies[-1].extend(data)

    def finish(self, trailers: Headers) -> None:
        del trailers


def read_connection(data: bytes) -> None:
    """Parse a connection, whose first byte chooses the size of its segments."""
    received = _Requests()
    source = Source("http", "192.0.2.7")
    parser = MessageParser(ConnectionLimits(), FakeClock(), source, received)
    try:
        for each in chosen_segments(data):
            start = 0
            while start < len(each):
                start = parser.feed(each, start)
    finally:
        parser.close()
        for head, body in zip(received.heads, received.bodies, strict=True):
            _decide(head, bytes(body))


def _decide(head: RequestHead, body: bytes) -> None:
    """Do what the gateway does before it knows the route."""
    origin = _PROXIES.origin(head.peer, head.scheme, head.headers)
    _CONTEXTS.context(head, origin, _ROUTE, "g1")
    if not is_malformed(head.path):
        segments_of(head.path)
    CREDENTIALS.read(head)
    if head.path == "/graphql":
        decode(buffered_request(head, body))


_JSON: Final = b"content-type: application/json\r\n"
FRONT: Final = FuzzTarget(
    read_connection,
    seeds=(
        b"\x03GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        b"\x00GET /graphql?query=%7Ba%7D&variables=%7B%7D HTTP/1.1\r\nhost: a\r\n\r\n",
        b"\x01" + POST + b"content-length: 3\r\n\r\nabc" + POST + b"\r\n",
        b"\x02" + CHUNKED + b"3;a=b\r\nabc\r\n0\r\nx: y\r\n\r\n",
        b"\x03POST /graphql HTTP/1.1\r\nhost: a\r\n" + _JSON + b"content-length: 15"
        b'\r\n\r\n{"query":"{a}"}',
        b"\x03GET /%2e%2e/a;b//c HTTP/1.0\r\nforwarded: for=192.0.2.7;proto=https,"
        b' for="[2001:db8::1]:80"\r\ntraceparent: 00-00000000000000000000000000000001-'
        b"0000000000000001-01\r\ntracestate: a=b\r\nauthorization: Bearer e30.e30.\r\n"
        b"cookie: a=b\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
    ),
    tokens=(
        *(b"\r\n", b"\r\n\r\n", b"\n", b"\x00", b"\xff", b": ", b"HTTP/1.1", b"GET /"),
        *(b"content-length: 7\r\n", b"transfer-encoding: chunked\r\n", b"0\r\n\r\n"),
        *(b"expect: 100-continue\r\n", b"host: b\r\n", b"/graphql", b"%41", b"e30."),
        *(b'for="[', b"application/json", b"charset=utf-16", b"content-type: "),
    ),
)
