"""An execution's result as a REST response.

The value of a single root field is unwrapped, and a list is put into `items`. Partial
data is 200 with `_weir.warnings` and `Weir-Completed: false`; a result without data
never is.
"""

import orjson

from weir.bffs.facades.errors import (
    IncompleteData,
    ResourceNotFound,
    ServicesUnavailable,
)
from weir.bffs.facades.http.cache_headers import cache_fields, etag
from weir.bffs.facades.rest.service_errors import GatewayRejected, client_error
from weir.bffs.facades.stored.operation import StoredOperation
from weir.gateway.edge.response import Response
from weir.gateway.errors import WeirError
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject, JSONValue, is_object
from weir.gateway.transport.errors import CircuitOpen, UpstreamOverloaded
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.http_errors import RequestRejected

_JSON = (b"content-type", b"application/json")
_NOT_ASKED = frozenset({CircuitOpen.row.code, UpstreamOverloaded.row.code})
"""The codes of errors by which a service was spared a request."""


def rest_response(
    result: ExecutionResult, operation: StoredOperation, *, unwraps: bool
) -> Response:
    """Render `result`; raises the error that has left it without data.

    `unwraps` is whether the operation has one root field. Conditions of other fields
    must not change the form of a response.
    """
    resource = _resource(result, unwraps=unwraps)
    if result.errors or result.degraded:
        found = (*result.errors, *result.degraded)
        warnings = [_warning(error) for error in found]
        resource = {**resource, "_weir": {"warnings": warnings}}
    body = orjson.dumps(resource)
    return Response(
        status=200,
        headers=_headers(result, body, operation),
        body=body,
        operation=operation.name,
        failures=result.failures,
    )


def _resource(result: ExecutionResult, *, unwraps: bool) -> JSONObject:
    data = result.data or {}
    if all(value is None for value in data.values()):
        raise _nothing(result)
    if not unwraps:
        return dict(data)
    ((key, value),) = data.items()
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


def _headers(
    result: ExecutionResult, body: bytes, operation: StoredOperation
) -> Headers:
    headers: list[tuple[bytes, bytes]] = [_JSON]
    reusable = result.completed and not operation.mutates
    if not result.completed:
        headers.append((b"weir-completed", b"false"))
    if reusable:
        headers.append((b"etag", etag(body)))
    if result.vary:
        headers.append((b"vary", ", ".join(result.vary).encode()))
    return (*headers, *cache_fields(result, reusable=reusable, has_validator=reusable))
