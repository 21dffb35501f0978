"""The validation of the responses of a route, by the operation of the request."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.concurrency.large_work import LargeWork
from weir.gateway.edge.response import Response
from weir.gateway.headers import header
from weir.gateway.routes.endpoints.messages.complete_response import (
    close_body,
    decoded,
    read_body,
)
from weir.gateway.routes.errors import ResponseInvalid
from weir.gateway.routes.validation.operation import BodyRule, MediaType, Operation
from weir.gateway.routes.validation.validation import Validation
from weir.gateway.routes.violation import Violation
from weir.gateway.transport.reply_hold import ReplyHold

_CONTENT_LENGTH: Final = b"content-length"
_PARTIAL: Final = 206
"""The status of a response with a part of its body (RFC 9110 §15.3.7)."""
_NOT_MODIFIED: Final = 304
"""That of a response without a body and with some of its fields (§15.4.5)."""


class ResponseValidation:
    """Validates responses; `timeout_s` is the time for the body of one."""

    __slots__ = ("_is_enforced", "_large_work", "_max_bytes", "_replies", "_timeout_s")

    def __init__(
        self,
        validation: Validation,
        timeout_s: float,
        large_work: LargeWork,
        replies: ClientMemory,
    ) -> None:
        self._is_enforced = validation.modes["response"] == "enforce"
        self._max_bytes = validation.max_bytes
        self._timeout_s = timeout_s
        self._large_work = large_work
        self._replies = replies

    async def checked(
        self, operation: Operation, response: Response, client: str
    ) -> tuple[Response, Sequence[Violation]]:
        """Return the response with its body if that was read, and its violations.

        Raise ResponseInvalid if these are enforced.
        """
        rule = operation.response(response.status)
        if rule is None or response.status == _NOT_MODIFIED:
            return response, ()
        violations: Sequence[Violation] = rule.violations(response.headers)
        if not (violations and self._is_enforced):
            response, of_body = await self._checked_body(rule.body, response, client)
            violations = (*violations, *of_body)
        if violations and self._is_enforced:
            await close_body(response)
            raise ResponseInvalid(violations[0].logged)
        return response, violations

    async def _checked_body(
        self, rule: BodyRule, response: Response, client: str
    ) -> tuple[Response, Sequence[Violation]]:
        if not rule.content or response.status == _PARTIAL:
            return response, ()
        content_type = header(response.headers, b"content-type") or b""
        media_type = rule.media_type(content_type)
        if media_type is None:
            return response, (_undescribed(content_type),)
        if not rule.reads(media_type, content_type) or not self._is_read(response):
            return response, ()
        hold = ReplyHold(self._replies, client)
        try:
            response, raw = await self._read(response, hold)
            return response, await self._violations(
                rule, media_type, response, raw, client, hold=hold
            )
        finally:
            hold.release()

    def _is_read(self, response: Response) -> bool:
        """Return whether a body is read: if it is only measured, it has to be small."""
        if self._is_enforced:
            return True
        if isinstance(response.body, bytes):
            return len(response.body) <= self._max_bytes
        length = header(response.headers, _CONTENT_LENGTH)
        return length is not None and int(length) <= self._max_bytes

    async def _read(
        self, response: Response, hold: ReplyHold
    ) -> tuple[Response, bytes]:
        """Return the response with its whole body, and the body."""
        raw = await read_body(
            response, self._max_bytes, self._timeout_s, ResponseInvalid, hold
        )
        # The server computes the length of a whole body.
        fields = [line for line in response.headers if line[0] != _CONTENT_LENGTH]
        return replace(response, headers=tuple(fields), body=raw), raw

    async def _violations(
        self,
        rule: BodyRule,
        media_type: MediaType,
        response: Response,
        raw: bytes,
        client: str,
        *,
        hold: ReplyHold,
    ) -> Sequence[Violation]:
        content_type = header(response.headers, b"content-type") or b""
        try:
            body = await decoded(response, raw, self._max_bytes, ResponseInvalid, hold)
        except ResponseInvalid as error:
            return (Violation("response", "", error.detail),)
        return await self._large_work.computed(
            client,
            len(body),
            lambda: rule.violations(media_type, content_type, body, "response"),
        )


def _undescribed(content_type: bytes) -> Violation:
    shown = content_type[:100].decode("latin-1")
    return Violation("response", "", f"The media type {shown!r} is not described.")
