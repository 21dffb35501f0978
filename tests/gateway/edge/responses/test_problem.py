import orjson
import pytest

from tests.support.contexts import a_context
from tests.support.memory_exchange import whole_body
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.errors import BadRequest, InternalError, WeirError


@pytest.mark.parametrize(
    ("error", "development", "detail"),
    [
        (BadRequest("page is not a number"), False, "page is not a number"),
        (BadRequest(), False, BadRequest.row.title),
        (InternalError("KeyError: 'x'"), False, InternalError.row.title),
        (InternalError("KeyError: 'x'"), True, "KeyError: 'x'"),
    ],
)
def test_detail_is_shown_where_the_fault_is_the_clients(
    error: WeirError,
    development: bool,  # noqa: FBT001 - a column of the table
    detail: str,
) -> None:
    response = ProblemRenderer(development=development).render_error(
        error, a_context(request_id="r1")
    )

    assert response.status == error.row.status
    assert (b"content-type", b"application/problem+json") in response.headers
    assert orjson.loads(whole_body(response)) == {
        "type": f"urn:weir:error:{error.code.lower()}",
        "title": error.row.title,
        "status": error.row.status,
        "detail": detail,
        "code": error.code,
        "request_id": "r1",
    }
