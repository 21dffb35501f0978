"""Errors as problem details, for REST and for routes without another error format.

https://www.rfc-editor.org/rfc/rfc9457
"""

import orjson

from weir.gateway.context import RequestContext
from weir.gateway.edge.response import Response
from weir.gateway.errors import WeirError

PROBLEM_JSON = b"application/problem+json"


def problem_body(error: WeirError, request_id: str, *, development: bool) -> bytes:
    """Return the document; omit an empty `request_id`."""
    row = error.row
    document = {
        "type": row.type_uri,
        "title": row.title,
        "status": row.status,
        "detail": error.public_detail(development=development),
        "code": row.code,
        **error.problem_members,
    }
    return orjson.dumps(
        {**document, "request_id": request_id} if request_id else document
    )


class ProblemRenderer:
    """A renderer of any error.

    The details of the gateway's and the upstreams' errors are shown only in
    development. `operation` is the label of the operation that the errors belong to.
    """

    __slots__ = ("_development", "_operation")

    def __init__(self, *, development: bool = False, operation: str = "") -> None:
        self._development = development
        self._operation = operation

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        return Response(
            status=error.row.status,
            headers=((b"content-type", PROBLEM_JSON), (b"cache-control", b"no-store")),
            body=problem_body(error, context.request_id, development=self._development),
            operation=self._operation,
            error_code=error.code,
        )
