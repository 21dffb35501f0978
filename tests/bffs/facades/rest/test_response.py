"""REST answers: what of a result a client gets, and what HTTP says of it."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.support.facade_client import stored_operation
from tests.support.memory_exchange import whole_body
from weir.bffs.facades.errors import (
    IncompleteData,
    ResourceNotFound,
    ServicesUnavailable,
)
from weir.bffs.facades.http.cache_policy import read_cache_policy
from weir.bffs.facades.rest.response import ResponseForm, rest_response
from weir.bffs.facades.rest.service_errors import (
    ServiceForbidden,
    ServiceUnauthenticated,
)
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.response_fields import root_names
from weir.gateway.cache_control import NO_STATEMENT, read_cache_control
from weir.gateway.edge.response import Response
from weir.gateway.errors import WeirError
from weir.gateway.headers import header
from weir.gateway.json_types import JSONObject
from weir.resolvers.errors import SubgraphError
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.provenance import CacheUse

ERROR: JSONObject = {
    "message": "no",
    "path": ["viewer", "rows", 0],
    "extensions": {"code": "UPSTREAM_TIMEOUT", "serviceName": "rows"},
}


def operation(text: str = "query Home { a }") -> StoredOperation:
    return replace(stored_operation(text), name="Home")


def result(data: JSONObject | None, **known: Any) -> ExecutionResult:
    errors = known.get("errors", ())
    settled = {"completed": not errors, "cache_control": NO_STATEMENT, **known}
    return ExecutionResult(data=data, **settled)


def respond(outcome: ExecutionResult, **known: Any) -> Response:
    unwraps = len(outcome.data or {}) == 1
    return rest_response(outcome, form(unwraps=unwraps, **known))


def form(**known: Any) -> ResponseForm:
    settled = {"operation": "Home", "reusable": True, "unwraps": True, **known}
    return ResponseForm(**settled)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"title": {"id": "t1"}}, {"id": "t1"}),
        ({"titles": [1, 2]}, {"items": [1, 2]}),
        ({"titles": []}, {"items": []}),
        ({"count": 3}, {"count": 3}),
        ({"a": {"b": 1}, "c": None}, {"a": {"b": 1}, "c": None}),
    ],
)
def test_a_single_root_is_unwrapped(data: JSONObject, body: JSONObject) -> None:
    response = respond(result(data))

    assert response.status == 200
    assert orjson.loads(whole_body(response)) == body


def test_a_root_field_without_its_neighbours_is_not_unwrapped() -> None:
    outcome = result({"title": {"id": "t1"}})

    response = rest_response(outcome, form(unwraps=False))

    assert orjson.loads(whole_body(response)) == {"title": {"id": "t1"}}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("query A { a b: a }", {"a", "b"}),
        ("query A { a a }", {"a"}),
        ("query A { ...F ... { c } } fragment F on Query { d }", {"c", "d"}),
        ("query A($v: Boolean!) { a @skip(if: $v) b }", {"a", "b"}),
    ],
)
def test_the_names_at_the_root_of_an_operation(text: str, names: set[str]) -> None:
    assert root_names(operation(text)) == names


def test_partial_data_names_the_missing_fields_and_is_not_stored() -> None:
    response = respond(result({"viewer": {"rows": None}}, errors=(ERROR,)))

    assert response.status == 200
    assert orjson.loads(whole_body(response))["_weir"] == {
        "warnings": [
            {
                "path": "viewer.rows.0",
                "code": "UPSTREAM_TIMEOUT",
                "message": "no",
                "service": "rows",
            }
        ]
    }
    assert header(response.headers, b"weir-completed") == b"false"
    assert header(response.headers, b"cache-control") == b"no-store"
    assert header(response.headers, b"etag") is None


@pytest.mark.parametrize("data", [None, {"a": None}, {"a": None, "b": None}])
def test_nothing_at_all_is_never_200(data: JSONObject | None) -> None:
    with pytest.raises(IncompleteData):
        respond(result(data, errors=(ERROR,)))


def test_a_cause_is_reported_once_for_any_number_of_fields() -> None:
    with pytest.raises(IncompleteData) as raised:
        respond(result(None, errors=(ERROR, ERROR, {**ERROR, "message": "nor"})))

    assert raised.value.detail == "no nor"


def test_unavailable_services_have_a_retry_after() -> None:
    resting: list[JSONObject] = [
        {"message": "open", "extensions": {"code": "UPSTREAM_CIRCUIT_OPEN", **wait}}
        for wait in ({"retryAfter": 2}, {"retryAfter": 7})
    ]
    other: JSONObject = {"message": "late", "extensions": {"code": "UPSTREAM_TIMEOUT"}}

    with pytest.raises(ServicesUnavailable) as caught:
        respond(result({"title": None}, errors=resting))
    with pytest.raises(IncompleteData):
        respond(result({"title": None}, errors=[*resting, other]))

    assert caught.value.row.status == 503
    assert caught.value.response_headers == ((b"retry-after", b"7"),)


def reported(*codes: str | None, message: str = "A title is needed.") -> Any:
    """The errors of a service that has nothing to answer."""
    return [{"message": message, "extensions": {"code": code}} for code in codes]


@pytest.mark.parametrize(
    ("codes", "status", "code"),
    [
        (("BAD_USER_INPUT",), 400, "BAD_USER_INPUT"),
        (("UNAUTHENTICATED",), 401, "UNAUTHENTICATED"),
        (("FORBIDDEN",), 403, "FORBIDDEN"),
        (("NOT_FOUND",), 404, "RESOURCE_NOT_FOUND"),
        (("CONFLICT",), 409, "CONFLICT"),
        (("UNPROCESSABLE_ENTITY",), 422, "UNPROCESSABLE_CONTENT"),
        (("RATE_LIMITED",), 429, "TOO_MANY_REQUESTS"),
        (("UPSTREAM_RATE_LIMITED",), 429, "UPSTREAM_RATE_LIMITED"),
        (("UPSTREAM_RATE_LIMITED", "UPSTREAM_TIMEOUT"), 502, "INCOMPLETE_DATA"),
        (("NOT_FOUND", "FORBIDDEN", "NOT_FOUND"), 403, "FORBIDDEN"),
        (("BAD_USER_INPUT", "INTERNAL_SERVER_ERROR"), 502, "INCOMPLETE_DATA"),
        (("GRAPHQL_VALIDATION_FAILED",), 502, "INCOMPLETE_DATA"),
        (("SUBREQUEST_REJECTED", "SUBREQUEST_REJECTED"), 502, "SUBREQUEST_REJECTED"),
        (("SUBREQUEST_REJECTED", "SUBREQUEST_HTTP_ERROR"), 502, "INCOMPLETE_DATA"),
        ((None,), 502, "INCOMPLETE_DATA"),
    ],
)
def test_an_error_of_a_service_about_the_client_is_a_client_error(
    codes: tuple[str | None, ...], status: int, code: str
) -> None:
    with pytest.raises(WeirError) as caught:
        respond(result({"title": None}, errors=reported(*codes)))

    assert (caught.value.row.status, caught.value.code) == (status, code)
    assert caught.value.detail.startswith("A title is needed.")


def test_a_rate_limit_of_services_has_the_longest_time() -> None:
    errors = [
        {
            "message": "Too many.",
            "extensions": {"code": "UPSTREAM_RATE_LIMITED", "retryAfter": wait_s},
        }
        for wait_s in (2, 9, 4)
    ]

    with pytest.raises(WeirError) as caught:
        respond(result({"title": None}, errors=errors))

    assert caught.value.response_headers == ((b"retry-after", b"9"),)


def test_a_masked_text_of_a_service_gives_way_to_the_codes_own() -> None:
    masked = reported("FORBIDDEN", message=SubgraphError.row.title)

    with pytest.raises(ServiceForbidden) as caught:
        respond(result({"title": None}, errors=masked))

    assert caught.value.detail == ServiceForbidden.row.title


def test_a_request_for_credentials_names_their_scheme() -> None:
    assert ServiceUnauthenticated().response_headers == (
        (b"www-authenticate", b"Bearer"),
    )


def test_null_without_an_error_is_not_found() -> None:
    with pytest.raises(ResourceNotFound):
        respond(result({"title": None}))


def test_an_entity_tag_depends_on_the_body() -> None:
    first, again, other = (
        header(respond(result({"title": {"id": key}})).headers, b"etag")
        for key in ("t1", "t1", "t2")
    )

    assert first is not None
    assert first == again != other
    assert first.startswith(b'"')


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", b"no-cache"),
        ("private", b"private, no-cache"),
        ("max-age=60", b"max-age=60"),
        ("public, max-age=60", b"public, max-age=60"),
        ("no-store", b"no-store"),
    ],
)
def test_a_response_has_the_cache_control_of_its_parts(
    said: str, expected: bytes
) -> None:
    control = read_cache_control(((b"cache-control", said.encode()),))

    response = respond(result({"a": {}}, cache_control=control))

    assert header(response.headers, b"cache-control") == expected


def test_age_and_vary_are_those_of_all_replies() -> None:
    response = respond(result({"a": {}}, age_s=12, vary=("accept-language",)))

    assert header(response.headers, b"age") == b"12"
    assert header(response.headers, b"vary") == b"accept-language"


@pytest.mark.parametrize(
    ("cache", "told", "status"),
    [
        (CacheUse.NONE, None, None),
        (CacheUse.HIT, b"HIT", b"weir; hit"),
        (CacheUse.MISS, b"MISS", b"weir; fwd=miss"),
        (CacheUse.STALE, b"STALE", b"weir; hit; detail=stale"),
        (CacheUse.FALLBACK, b"FALLBACK", b"weir; fwd=miss; detail=fallback"),
    ],
)
def test_a_response_reports_the_use_of_the_cache(
    cache: CacheUse, told: bytes | None, status: bytes | None
) -> None:
    headers = respond(result({"a": 1}, cache=cache)).headers

    assert header(headers, b"x-cache") == told
    assert header(headers, b"cache-status") == status


def test_a_mutation_is_never_stored() -> None:
    response = respond(result({"a": {}}), reusable=False)

    assert header(response.headers, b"cache-control") == b"no-store"
    assert header(response.headers, b"etag") is None


@pytest.mark.parametrize(
    ("said", "policy", "expected"),
    [
        ("", "max-age=60", b"max-age=60"),
        ("max-age=300", "max-age=60", b"max-age=60"),
        ("max-age=30", "max-age=60, stale-while-revalidate=10", None),
        ("public, max-age=300", "max-age=60", b"public, max-age=60"),
        ("private, max-age=300", "max-age=60", b"private, max-age=60"),
        ("public, max-age=300", "private, max-age=60", b"private, max-age=60"),
        ("no-store", "max-age=60", b"no-store"),
        ("no-cache", "max-age=60", b"no-cache, max-age=60"),
        ("max-age=300", "no-store", b"no-store"),
        ("max-age=300", "s-maxage=600", b"max-age=300, proxy-revalidate"),
        ("", "max-age=5, s-maxage=60", b"max-age=5, s-maxage=60, proxy-revalidate"),
    ],
)
def test_a_cache_policy_limits_services_and_states_what_they_do_not(
    said: str, policy: str, expected: bytes | None
) -> None:
    control = read_cache_control(((b"cache-control", said.encode()),))
    outcome = result({"a": {}}, cache_control=control)

    response = respond(outcome, cache=read_cache_policy(policy))

    shown = b"max-age=30, stale-while-revalidate=10"
    assert header(response.headers, b"cache-control") == (expected or shown)


def test_a_cache_policy_does_not_store_a_partial_response() -> None:
    outcome = result({"viewer": {"rows": None}}, errors=(ERROR,))

    response = respond(outcome, cache=read_cache_policy("max-age=60"))

    assert header(response.headers, b"cache-control") == b"no-store"


@pytest.mark.parametrize(
    ("status", "completed", "shown", "has_body"),
    [
        (201, True, 201, True),
        (204, True, 204, False),
        (204, False, 200, True),
        (202, False, 200, True),
    ],
)
def test_the_status_of_an_endpoint_is_that_of_complete_responses(
    status: int,
    completed: bool,  # noqa: FBT001 - a column of the table
    shown: int,
    has_body: bool,  # noqa: FBT001 - a column of the table
) -> None:
    outcome = result({"a": {"b": 1}}, completed=completed)

    response = respond(outcome, status=status, reusable=False)

    assert response.status == shown
    assert bool(response.body) is has_body
    assert (header(response.headers, b"content-type") is not None) is has_body


def test_vary_names_the_header_fields_that_are_parameters() -> None:
    outcome = result({"a": {}}, vary=("accept-language", "x-b"))

    response = respond(outcome, vary=("x-a", "x-b"))

    assert header(response.headers, b"vary") == b"x-a, x-b, accept-language"
