"""An execution's result as a REST response.

The value of a single root field is unwrapped, and a list or the nodes of a connection
are put into `items`. Partial data is 200 with `_weir.warnings` and
`Weir-Completed: false`; a result without data never is.
"""

from dataclasses import dataclass
from typing import Final

import orjson
from msgspec import structs

from weir.bffs.facades.errors import (
    IncompleteData,
    ResourceNotFound,
    ServicesUnavailable,
)
from weir.bffs.facades.http.cache_headers import cache_fields
from weir.bffs.facades.http.clamped import clamped_arguments
from weir.bffs.facades.rest.connection import Connection
from weir.bffs.facades.rest.offset_pages import OffsetPages
from weir.bffs.facades.rest.omitted_nulls import NOTHING_OMITTED, OmittedNulls
from weir.bffs.facades.rest.service_errors import GatewayRejected, client_error
from weir.bffs.facades.stored.rest_directive import NO_CONTENT
from weir.gateway.cache_control import NO_STATEMENT, CacheControl
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.entity_tag import etag
from weir.gateway.errors import WeirError
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.transport.errors import CircuitOpen, UpstreamOverloaded
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.http_errors import RequestRejected

_OK: Final = 200
_JSON: Final = (b"content-type", b"application/json")
_NOT_ASKED: Final = frozenset({CircuitOpen.row.code, UpstreamOverloaded.row.code})
"""The codes of errors by which a service was spared a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseForm:
    """The form of the responses of one endpoint.

    `status` is that of complete responses. `cache` is the policy of the endpoint, and
    `vary` the header fields of the request that have variables. `unwraps` is whether
    the operation has one root field, which may be a `connection` or a list with
    `pages`. Conditions of other fields must not change the form. `omitted` are the
    members that are left out where they are null.
    """

    operation: str
    reusable: bool
    unwraps: bool
    connection: Connection | None = None
    pages: OffsetPages | None = None
    status: int = _OK
    cache: CacheControl = NO_STATEMENT
    vary: tuple[str, ...] = ()
    omitted: OmittedNulls = NOTHING_OMITTED


def rest_response(
    result: ExecutionResult, form: ResponseForm, query: str = ""
) -> Response:
    """Render `result`; raises the error that has left it without data.

    `query` is that of the request, for links to other pages.
    """
    resource = _resource(result, form)
    if result.errors or result.degraded or result.clamped:
        resource = {**resource, "_weir": _notes(result)}
    status = form.status if result.completed else _OK
    body = b"" if status == NO_CONTENT else orjson.dumps(resource)
    return Response(
        status=status,
        headers=(*_headers(result, body, form), *_links(result, form, query)),
        body=body,
        operation=form.operation,
        failures=result.failures,
    )


def _links(result: ExecutionResult, form: ResponseForm, query: str) -> Headers:
    if form.connection is None and form.pages is None:
        return ()
    (value,) = (result.data or {}).values()
    if form.connection is not None:
        return form.connection.links(value, query)
    if form.pages is None or not is_list(value):
        return ()
    return form.pages.links(len(value), query, clamped=bool(result.clamped))


def _notes(result: ExecutionResult) -> JSONObject:
    notes: JSONObject = {}
    if result.errors or result.degraded:
        found = (*result.errors, *result.degraded)
        notes["warnings"] = [_warning(error) for error in found]
    if result.clamped:
        notes["clamped"] = clamped_arguments(result.clamped)
    return notes


def _resource(result: ExecutionResult, form: ResponseForm) -> JSONObject:
    data = result.data or {}
    if all(value is None for value in data.values()):
        raise _nothing(result)
    if form.omitted is not NOTHING_OMITTED:
        data = form.omitted.left_of(data)
    if not form.unwraps:
        return dict(data)
    ((key, value),) = data.items()
    if form.connection is not None:
        return form.connection.resource(value)
    return _unwrapped(key, value)


def _unwrapped(key: str, value: JSONValue) -> JSONObject:
    if is_object(value):
        return value
    if isinstance(value, list):
        return {"items": value}
    return {key: value}


def _nothing(result: ExecutionResult) -> WeirError:
    if not result.errors:
        return ResourceNotFound()
    if error := client_error(result.errors):
        return error
    # Several fields may lack for one and the same reason.
    detail = " ".join(dict.fromkeys(str(error["message"]) for error in result.errors))
    if all(_code(error) == RequestRejected.row.code for error in result.errors):
        return GatewayRejected(detail)
    waits_s = [_retry_after_s(error) for error in result.errors]
    if any(wait_s is None for wait_s in waits_s):
        return IncompleteData(detail)
    return ServicesUnavailable(detail, max(wait_s or 0 for wait_s in waits_s))


def _retry_after_s(error: JSONObject) -> int | None:
    """Return how long a service wants to be left alone, where that is the error."""
    extensions: JSONObject = error.get("extensions") or {}
    wait_s = extensions.get("retryAfter")
    ours = _code(error) in _NOT_ASKED
    return wait_s if ours and isinstance(wait_s, int) else None


def _code(error: JSONObject) -> JSONValue:
    extensions: JSONObject = error.get("extensions") or {}
    return extensions.get("code")


def _warning(error: JSONObject) -> JSONObject:
    path = error.get("path") or ()
    extensions: JSONObject = error.get("extensions") or {}
    warning: JSONObject = {
        "path": ".".join(str(segment) for segment in path),
        "code": extensions.get("code"),
        "message": error["message"],
    }
    if "serviceName" in extensions:
        warning["service"] = extensions["serviceName"]
    if "becomes" in extensions:
        warning["becomes"] = extensions["becomes"]
    return warning


def _headers(result: ExecutionResult, body: bytes, form: ResponseForm) -> Headers:
    headers: list[tuple[bytes, bytes]] = [_JSON] if body else []
    reusable = result.completed and form.reusable
    if not result.completed:
        headers.append((b"weir-completed", b"false"))
    if reusable and body:
        headers.append((b"etag", etag(body)))
    if vary := (*form.vary, *(each for each in result.vary if each not in form.vary)):
        headers.append((b"vary", ", ".join(vary).encode()))
    if form.cache is not NO_STATEMENT:
        control = result.cache_control.within(form.cache)
        result = structs.replace(result, cache_control=control)
    return (*headers, *cache_fields(result, reusable=reusable, has_validator=reusable))
