"""The endpoint that passes requests on to a service, streamed in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route_steps.cors import AllowsOrigin
from weir.gateway.errors import BadRequest, PayloadTooLarge
from weir.gateway.headers import Headers
from weir.gateway.routes.endpoints.messages.request_fields import request_fields
from weir.gateway.routes.endpoints.messages.response_fields import (
    response_fields,
    trailer_fields,
)
from weir.gateway.routes.endpoints.messages.upload import Upload
from weir.gateway.routes.endpoints.websocket.handshake import (
    check_origin,
    requested_protocol,
    switched,
)
from weir.gateway.routes.endpoints.websocket.tunnel import Tunnel, TunnelPolicy
from weir.gateway.routes.matching.path import BYTES
from weir.gateway.routes.rewrite import AUTHORITY_LIKE, PathRewrite
from weir.gateway.routes.traversal import check_path
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})
"""Methods whose requests may be repeated (RFC 9110 §9.2.1)."""
_SWITCHING_PROTOCOLS: Final = 101
_SHOWN: Final = 200
"""The number of characters of a path that an error shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyPolicy:
    """The rules by which requests are passed on.

    Without `rewrite`, the path is not changed. `host` is the one that the service sees;
    it is that of the instance by default, or that of the client with `preserve_host`.
    `secret` is the `cgi_name` of the field with the client's key for the gateway, which
    services do not get. With `cors`, the gateway has the only rules for browsers.
    `upgrades` are the protocols that clients can switch to, in lower case.
    """

    rewrite: PathRewrite | None = None
    host: str = ""
    preserve_host: bool = False
    max_body_bytes: int
    secret: bytes = b""
    cors: AllowsOrigin | None = None
    upgrades: Mapping[str, TunnelPolicy] = field(
        default_factory=dict[str, TunnelPolicy]
    )


class ProxyEndpoint(ProblemRenderer):
    """The proxy of one route; `name` is its label in metrics and logs.

    With `calls`, it gets the responses to GET from the cache of the upstream, whole.
    """

    __slots__ = ("_calls", "_name", "_policy", "_upstream")

    def __init__(
        self,
        name: str,
        upstream: StreamingUpstream,
        policy: ProxyPolicy,
        *,
        calls: Upstream | None = None,
        development: bool = False,
    ) -> None:
        super().__init__(development=development)
        self._name = name
        self._calls = calls
        self._upstream = upstream
        self._policy = policy

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        """Return the response of the service at its head.

        Raise BadRequest for a path that may escape the route, PayloadTooLarge, and the
        errors of the upstream.
        """
        head, policy = request.head, self._policy
        protocol = self._protocol(head) if policy.upgrades else ""
        path, prefix = _path_for_service(head, policy.rewrite)
        incoming = request.stream
        body, upload = b"", None
        # Most requests have no body, and need not wait for one.
        if incoming.received or not incoming.complete:
            body, upload = await self._body(request)
        outgoing = UpstreamRequest(
            method=head.method,
            path=f"{path}?{head.query}" if head.query else path,
            safe=head.method in SAFE,
            deadline_s=context.deadline_s,
            endpoint=f"{head.method} {self._name}",
            headers=request_fields(head, policy.secret, prefix),
            body=body,
            authority=self._authority(head),
            length=_declared(head),
            upgrade=protocol,
        )
        has_body = bool(body) or upload is not None
        if self._calls is not None and _may_be_stored(head, has_body=has_body):
            return await self._stored(self._calls, outgoing, context)
        try:
            stream = await self._upstream.open(outgoing, context, upload)
        except UpstreamError:
            if upload is not None and upload.error is not None:
                raise upload.error from None
            raise
        if stream.status == _SWITCHING_PROTOCOLS:
            return await self._upgrade(stream, request, protocol)
        return self._response(stream, outgoing)

    def _protocol(self, head: RequestHead) -> str:
        """Return the protocol that a client switches to, or ""; raise Forbidden."""
        protocol, policy = requested_protocol(head), self._policy
        if protocol not in policy.upgrades:
            return ""
        if policy.cors is not None:
            check_origin(head, policy.cors)
        return protocol

    async def _stored(
        self, calls: Upstream, request: UpstreamRequest, context: RequestContext
    ) -> Response:
        """Return the response of the cache, or of a call that identical ones share."""
        partition = context.cache_partition
        shared = replace(request, of_client=True, partition=partition)
        response = await calls.call(shared, context)
        headers = self._fields(response.headers, request, response.instance)
        return Response(status=response.status, headers=headers, body=response.body)

    def _fields(
        self, headers: Headers, request: UpstreamRequest, instance: str
    ) -> Headers:
        policy = self._policy
        return response_fields(
            headers,
            policy.rewrite,
            (request.authority, instance),
            cors=policy.cors is not None,
        )

    async def _upgrade(
        self, stream: ResponseStream, request: Request, protocol: str
    ) -> Upgrade:
        try:
            switching = switched(stream.headers, protocol)
        except UpstreamError:
            await stream.aclose()
            raise
        tunnel = Tunnel(stream, self._policy.upgrades[protocol], request.retired)
        fields = response_fields(stream.headers, None, ("", ""), cors=False)
        return Upgrade(
            headers=(*switching, *fields),
            take_over=tunnel.take_over,
            release=tunnel.aclose,
            sizes=lambda: (tunnel.bytes_in, tunnel.bytes_out),
        )

    async def _body(self, request: Request) -> tuple[bytes, Upload | None]:
        """Return a body that has arrived already, or else the upload of it."""
        body, limit = request.stream, self._policy.max_body_bytes
        if body.complete:
            return await body.read(limit), None
        if (_declared(request.head) or 0) > limit:
            raise PayloadTooLarge(limit)
        return b"", Upload(body, limit)

    def _authority(self, head: RequestHead) -> str:
        if self._policy.preserve_host:
            return head.headers.get(b"host", b"").decode(BYTES)
        return self._policy.host

    def _response(self, stream: ResponseStream, request: UpstreamRequest) -> Response:
        headers = self._fields(stream.headers, request, stream.instance)
        # The length of a response to HEAD is that of its fields, not of its body.
        whole = None if request.method == "HEAD" else stream.whole
        if whole is not None:
            return Response(status=stream.status, headers=headers, body=whole)
        return Response(
            status=stream.status,
            headers=headers,
            body=stream,
            trailers=lambda: trailer_fields(stream.headers, stream.trailers),
        )


def _path_for_service(
    head: RequestHead, rewrite: PathRewrite | None
) -> tuple[str, str]:
    """Return the path that the service gets, and the prefix that it does not see.

    Services put the prefix in front of their own paths, in links for example.
    """
    path, prefix = head.path, ""
    check_path(path)
    if rewrite is not None:
        prefix = rewrite.prefix_of(path)
        path = rewrite.forward(path)
    if path.startswith(AUTHORITY_LIKE) or prefix.startswith(AUTHORITY_LIKE):
        detail = f"The path {head.path[:_SHOWN]!r} begins with an empty segment."
        raise BadRequest(detail)
    return path, prefix


def _may_be_stored(head: RequestHead, *, has_body: bool) -> bool:
    """Return whether a request may get a stored response, and its response be whole."""
    switches, ranges = b"upgrade" in head.headers, b"range" in head.headers
    return head.method == "GET" and not (has_body or switches or ranges)


def _declared(head: RequestHead) -> int | None:
    declared = head.headers.get(b"content-length")
    return None if declared is None else int(declared)
