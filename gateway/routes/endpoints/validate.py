"""The endpoint that validates the requests and the responses of another one."""

from collections.abc import Sequence

from msgspec.structs import replace

from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.concurrency.large_work import LargeWork
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.request_coding import CONTENT_ENCODING, decoded_body
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.route import Endpoint
from weir.gateway.errors import UnsupportedMediaType, WeirError
from weir.gateway.events import ServiceFailure
from weir.gateway.routes.endpoints.messages.complete_body import CompleteBody
from weir.gateway.routes.endpoints.response_validation import ResponseValidation
from weir.gateway.routes.errors import RequestInvalid, ResponseInvalid
from weir.gateway.routes.validation.operation import BodyRule
from weir.gateway.routes.validation.validation import Validation
from weir.gateway.routes.violation import Violation


class ValidateEndpoint:
    """An endpoint for valid messages alone; errors are those of `inner`.

    `timeout_s` is the time for the body of a response.
    """

    __slots__ = ("_inner", "_large_work", "_responses", "_validation")

    def __init__(
        self,
        inner: Endpoint,
        validation: Validation,
        timeout_s: float,
        large_work: LargeWork,
        replies: ClientMemory,
    ) -> None:
        self._inner = inner
        self._validation = validation
        self._large_work = large_work
        self._responses = ResponseValidation(validation, timeout_s, large_work, replies)

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        """Return the response to a valid request.

        Raise RequestInvalid, UnsupportedMediaType, NotFound or MethodNotAllowed before
        the service is called, and ResponseInvalid.
        """
        head, validation = request.head, self._validation
        found, segments = validation.operations.find(head)
        if found is None:
            return await self._inner.respond(request, context)
        violations = list(validation.violations(found, segments, head))
        body = found.operation.body
        if body is not None and validation.modes["body"] != "off":
            request, of_body = await self._body(body, request, context.client)
            violations += of_body
        enforced = [v for v in violations if validation.modes[v.place] == "enforce"]
        if enforced:
            raise RequestInvalid(enforced)
        response = await self._inner.respond(request, context)
        if isinstance(response, Upgrade):
            return response
        if validation.modes["response"] != "off" and head.method != "HEAD":
            response, of_response = await self._responses.checked(
                found.operation, response, context.client
            )
            violations += of_response
        return replace(
            response,
            operation=response.operation or found.operation.name,
            failures=(*response.failures, *map(_measured, violations)),
        )

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        return self._inner.render_error(error, context)

    async def _body(
        self, rule: BodyRule, request: Request, client: str
    ) -> tuple[Request, Sequence[Violation]]:
        """Return the request with its body if that was read, and its violations."""
        if request.stream.complete and not request.stream.received:
            return request, _missing(rule)
        content_type = request.head.headers.get(b"content-type", b"")
        media_type = rule.media_type(content_type)
        if media_type is None:
            message = f"Send the body as {' or '.join(rule.content)}."
            if self._measures:
                return request, [Violation("body", "", message)]
            raise UnsupportedMediaType(message)
        if not rule.reads(media_type, content_type) or not self._is_read(request):
            return request, ()
        raw = await request.stream.read(self._validation.max_bytes)
        request = replace(request, stream=CompleteBody(raw, request.stream))
        if not raw:
            return request, _missing(rule)
        try:
            body = await self._decoded(request, raw)
        except WeirError as error:
            if not self._measures:
                raise
            return request, [Violation("body", "", error.detail)]
        return request, await self._large_work.computed(
            client, len(body), lambda: rule.violations(media_type, content_type, body)
        )

    async def _decoded(self, request: Request, raw: bytes) -> bytes:
        coding = request.head.headers.get(CONTENT_ENCODING)
        if coding is None:
            return raw
        body = await decoded_body(coding, raw, self._validation.max_bytes)
        request.stream.hold(len(body))
        return body

    @property
    def _measures(self) -> bool:
        return self._validation.modes["body"] == "measure"

    def _is_read(self, request: Request) -> bool:
        """Return whether a body is read: if it is only measured, it has to be small."""
        length = request.head.headers.get(b"content-length")
        return not self._measures or (
            length is not None and int(length) <= self._validation.max_bytes
        )


def _missing(rule: BodyRule) -> Sequence[Violation]:
    return [Violation("body", "", "It is required.")] if rule.required else ()


def _measured(violation: Violation) -> ServiceFailure:
    is_response = violation.place in ("response", "response header")
    return ServiceFailure(
        service="",
        code=(ResponseInvalid if is_response else RequestInvalid).row.code,
        count=1,
        detail=violation.logged,
    )
