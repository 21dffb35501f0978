"""The endpoint of a response that is made of those of several services."""

from collections.abc import Iterator, Sequence

import orjson
from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.entity_tag import etag
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.errors import WeirError
from weir.gateway.events import ServiceFailure
from weir.gateway.json_types import JSONObject
from weir.gateway.routes.aggregation.aggregation import Aggregation, PartResult
from weir.gateway.routes.aggregation.caching import cache_fields
from weir.gateway.routes.errors import PartFailed
from weir.gateway.routes.traversal import check_path


class AggregateEndpoint(ProblemRenderer):
    """The aggregation of one route.

    `varies` are the fields of the client that responses depend on. If responses are
    `personal`, they depend on the caller.
    """

    __slots__ = ("_aggregation", "_personal", "_varies")

    def __init__(
        self,
        aggregation: Aggregation,
        varies: Sequence[bytes],
        *,
        personal: bool,
        development: bool = False,
    ) -> None:
        super().__init__(development=development)
        self._aggregation = aggregation
        self._varies = tuple(varies)
        self._personal = personal

    async def respond(self, request: Request, context: RequestContext) -> Response:
        """Return the aggregated object.

        Raise the error of a required part, and BadRequest for a dot segment.
        """
        head = request.head
        check_path(head.path)
        aggregated = await self._aggregation.run(head, context)
        failed = [each for each in aggregated.results if each.error is not None]
        members = aggregated.members
        if failed:
            warnings = {"warnings": list(self._warnings(failed))}
            members["_weir"] = orjson.Fragment(orjson.dumps(warnings))
        body = orjson.dumps(members)
        return Response(
            status=200,
            headers=(
                (b"content-type", b"application/json"),
                *self._fields(aggregated.results, body, complete=not failed),
            ),
            body=body,
            failures=tuple(map(_failure, failed)),
        )

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        response = super().render_error(error, context)
        if not isinstance(error, PartFailed):
            return response
        return replace(response, status=error.status)

    def _fields(
        self, results: Sequence[PartResult], body: bytes, *, complete: bool
    ) -> Iterator[tuple[bytes, bytes]]:
        if not complete:
            yield b"weir-completed", b"false"
            yield b"cache-control", b"no-store"
            return
        responses = (each for result in results for each in result.responses)
        yield from cache_fields(responses, self._varies, personal=self._personal)
        yield b"etag", etag(body)

    def _warnings(self, failed: Sequence[PartResult]) -> Iterator[JSONObject]:
        for result in failed:
            assert result.error is not None, "only failed parts have warnings"
            yield {
                "path": result.part.group or result.part.name,
                "code": result.error.code,
                "message": result.error.public_detail(development=self._development),
                "service": result.part.service,
            }


def _failure(result: PartResult) -> ServiceFailure:
    assert result.error is not None, "only failed parts are failures"
    return ServiceFailure(
        service=result.part.service,
        code=result.error.code,
        count=1,
        detail=result.error.detail,
    )
