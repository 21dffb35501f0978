"""The endpoint that changes the requests and the responses of another one."""

from typing import Final

from msgspec.structs import replace

from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.concurrency.large_work import LargeWork
from weir.gateway.context import RequestContext
from weir.gateway.edge.header_map import header_map
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.request_coding import CONTENT_ENCODING, decoded_body
from weir.gateway.edge.response import Response, Upgrade, no_trailers
from weir.gateway.edge.responses.entity_tag import etag
from weir.gateway.edge.responses.problem import PROBLEM_JSON, problem_body
from weir.gateway.edge.route import Endpoint
from weir.gateway.errors import (
    BadRequest,
    UnsupportedMediaType,
    WeirError,
)
from weir.gateway.headers import Headers, header
from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.endpoints.messages.complete_body import CompleteBody
from weir.gateway.routes.endpoints.messages.complete_response import (
    close_body,
    decoded,
    read_body,
)
from weir.gateway.routes.errors import ServiceError, TransformationFailed
from weir.gateway.routes.transformation.body_change import BodyChange
from weir.gateway.routes.transformation.caching import limited_caching
from weir.gateway.routes.transformation.changes import Transformation
from weir.gateway.routes.transformation.fields import HeaderChanges
from weir.gateway.transport.reply_hold import ReplyHold

_SUCCESSES: Final = range(200, 300)
_FIRST_ERROR: Final = 400
_READING: Final = frozenset({"GET", "HEAD"})
_OF_A_REPRESENTATION: Final = frozenset(
    {b"range", b"if-range", b"if-none-match", b"if-modified-since"}
)
"""Fields about the body that the service sends, which clients never see."""
_OF_A_BODY: Final = frozenset(
    {
        b"accept-ranges",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-md5",
        b"content-range",
        b"content-type",
        b"digest",
        b"etag",
        b"last-modified",
        b"repr-digest",
        b"transfer-encoding",
    }
)
"""Fields that describe the bytes of a body."""


class TransformEndpoint:
    """An endpoint with changed requests and responses; errors are those of `inner`."""

    __slots__ = (
        "_development",
        "_inner",
        "_large_work",
        "_replies",
        "_timeout_s",
        "_transformation",
    )

    def __init__(
        self,
        inner: Endpoint,
        transformation: Transformation,
        timeout_s: float,
        large_work: LargeWork,
        replies: ClientMemory,
        *,
        development: bool = False,
    ) -> None:
        self._inner = inner
        self._transformation = transformation
        self._timeout_s = timeout_s
        self._large_work = large_work
        self._replies = replies
        self._development = development

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        """Return the changed response to the changed request.

        Raise BadRequest or UnsupportedMediaType for a body that cannot be changed,
        TransformationFailed for one of the service, and the errors of the endpoint.
        """
        changed = await self._request(request, context)
        response = await self._inner.respond(changed, context)
        if isinstance(response, Upgrade):
            return response
        return await self._response(response, request.head, context)

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        return self._inner.render_error(error, context)

    async def _request(self, request: Request, context: RequestContext) -> Request:
        head, changes = request.head, self._transformation.request
        lines, query = head.lines, head.query
        if self._transformation.response.body is not None and head.method in _READING:
            lines = _without(lines, _OF_A_REPRESENTATION)
        if changes.headers is not None:
            lines = changes.headers.changed(lines, head, context)
        if changes.query is not None:
            query = changes.query.changed(head, context)
        if changes.body is not None:
            content = await self._request_body(changes.body, request, context)
            if content is not None:
                fields = (
                    (b"content-type", changes.body.media_type),
                    (b"content-length", b"%d" % len(content)),
                )
                lines = (*_without(lines, _OF_A_BODY), *fields)
                stream = CompleteBody(content, request.stream)
                request = replace(request, stream=stream)
        if lines is head.lines and query is head.query:
            return request
        new = replace(head, lines=lines, headers=header_map(lines), query=query)
        return replace(request, head=new)

    async def _request_body(
        self, change: BodyChange, request: Request, context: RequestContext
    ) -> bytes | None:
        """Return the changed body, or None if the request has no body."""
        limit, head = self._transformation.max_bytes, request.head
        body = await request.stream.read(limit)
        if not body:
            return None
        content_type = head.headers.get(b"content-type", b"")
        if not change.accepts(content_type):
            expected = change.source.content_type.decode()
            message = f"Send the request as {expected}."
            raise UnsupportedMediaType(message)
        if CONTENT_ENCODING in head.headers:
            body = await decoded_body(head.headers[CONTENT_ENCODING], body, limit)
            request.stream.hold(len(body))
        try:
            return await self._changed(change, body, head, context)
        except BodyError as error:
            message = f"The body cannot be used: {error}."
            raise BadRequest(message) from error

    async def _response(
        self, response: Response, head: RequestHead, context: RequestContext
    ) -> Response:
        changes = self._transformation.response
        if (status := changes.statuses.get(response.status)) is not None:
            response = replace(response, status=status)
        if changes.problems and response.status >= _FIRST_ERROR:
            response = await self._problem(response, context)
        elif changes.body is not None and response.status in _SUCCESSES:
            hold = ReplyHold(self._replies, context.client)
            try:
                response = await self._changed_body(
                    changes.body, response, head, context, hold
                )
            finally:
                hold.release()
        try:
            if changes.headers is not None:
                response = _with_fields(response, changes.headers, head, context)
        except WeirError:
            await close_body(response)
            raise
        if changes.varies or changes.personal:
            fields = limited_caching(
                response.headers, changes.varies, personal=changes.personal
            )
            response = replace(response, headers=fields)
        return response

    async def _problem(self, response: Response, context: RequestContext) -> Response:
        await close_body(response)
        error = ServiceError(response.status)
        body = problem_body(error, context.request_id, development=self._development)
        return replace(
            response,
            headers=(
                *_without(response.headers, _OF_A_BODY),
                (b"content-type", PROBLEM_JSON),
            ),
            body=body,
            trailers=no_trailers,
            error_code=error.code,
        )

    async def _changed_body(
        self,
        change: BodyChange,
        response: Response,
        head: RequestHead,
        context: RequestContext,
        hold: ReplyHold,
    ) -> Response:
        fields = _without(response.headers, _OF_A_BODY)
        if head.method == "HEAD" and not isinstance(response.body, bytes):
            media_type = ((b"content-type", change.media_type),)
            return replace(response, headers=(*fields, *media_type))
        limit = self._transformation.max_bytes
        failure = TransformationFailed
        raw = await read_body(response, limit, self._timeout_s, failure, hold)
        body = await decoded(response, raw, limit, failure, hold)
        if not body:
            return replace(response, headers=fields, body=b"", trailers=no_trailers)
        content_type = header(response.headers, b"content-type") or b""
        if not change.accepts(content_type):
            shown = content_type[:100].decode("latin-1")
            message = f"Expected {change.source.content_type.decode()}, got {shown!r}."
            raise TransformationFailed(message)
        try:
            content = await self._changed(change, body, head, context)
        except BodyError as error:
            message = f"The response cannot be used: {error}."
            raise TransformationFailed(message) from error
        return replace(
            response,
            headers=(
                *fields,
                (b"content-type", change.media_type),
                (b"etag", etag(content)),
            ),
            body=content,
            trailers=no_trailers,
        )

    async def _changed(
        self,
        change: BodyChange,
        body: bytes,
        head: RequestHead,
        context: RequestContext,
    ) -> bytes:
        values = self._transformation.values.of(head, context)
        return await self._large_work.computed(
            context.client, len(body), lambda: change.changed(body, values)
        )


def _with_fields(
    response: Response,
    changes: HeaderChanges,
    head: RequestHead,
    context: RequestContext,
) -> Response:
    """Return a response with changed fields.

    A recipient may treat trailers as header fields, so that fields that are removed or
    replaced are not sent as trailers.
    """
    trailers = response.trailers
    return replace(
        response,
        headers=changes.changed(response.headers, head, context),
        trailers=lambda: tuple(changes.kept(trailers())),
    )


def _without(fields: Headers, names: frozenset[bytes]) -> Headers:
    return tuple([line for line in fields if line[0] not in names])
