"""The responses of an endpoint in a description, with one for each status."""

from typing import Final

from graphql import GraphQLSchema

from weir.bffs.facades.errors import (
    IncompleteData,
    InvalidParameter,
    ResourceNotFound,
    ServicesUnavailable,
)
from weir.bffs.facades.openapi.json_schema import JSON
from weir.bffs.facades.rest.connection import Connection
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.rest_directive import NO_CONTENT, RestBinding
from weir.gateway.edge.responses.lifecycle import Lifecycle
from weir.gateway.errors import (
    DeadlineExceeded,
    Forbidden,
    InternalError,
    NotAcceptable,
    PayloadTooLarge,
    Unauthenticated,
    UnsupportedMediaType,
    WeirError,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.http_errors import Conflict, TooManyCalls, Unprocessable

PROBLEM: Final = "Problem"
"""The name of the response for all errors."""
_OK: Final = 200
_ERRORS: Final[tuple[type[WeirError], ...]] = (
    InvalidParameter,
    Unauthenticated,
    Forbidden,
    ResourceNotFound,
    NotAcceptable,
    Unprocessable,
    TooManyCalls,
    InternalError,
    IncompleteData,
    ServicesUnavailable,
    DeadlineExceeded,
)
"""An error for each status of all endpoints: also services report some of them."""
_ERRORS_OF_WRITES: Final[tuple[type[WeirError], ...]] = (
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
)


def responses(
    stored: StoredOperation,
    binding: RestBinding,
    api_schema: GraphQLSchema,
    schema: JSONObject,
) -> JSONObject:
    """Return the responses of an endpoint by status; `schema` is that of its data."""
    headers = _announcements(binding.lifecycle)
    connection = Connection.of(stored, api_schema)
    if (connection and connection.page) or binding.limit:
        headers["Link"] = _header("The next and the previous page, and other links.")
    described = _successes(stored, binding, {JSON: {"schema": schema}}, headers)
    writes = stored.mutates or binding.method != "GET"
    errors = (*_ERRORS, *_ERRORS_OF_WRITES) if writes else _ERRORS
    for error in sorted(errors, key=lambda each: each.row.status):
        described[str(error.row.status)] = _problem(error.row.title)
    described["default"] = _problem("Another error.")
    return described


def _successes(
    stored: StoredOperation,
    binding: RestBinding,
    content: JSONObject,
    headers: JSONObject,
) -> JSONObject:
    validator = {} if stored.mutates else _VALIDATOR
    data = {"headers": {**validator, **_COMPLETED, **headers}, "content": content}
    if binding.status == _OK:
        text = "The data, or the part of it that services returned."
        described: JSONObject = {"200": {"description": text, **data}}
    else:
        part = "The part of the data that services returned."
        complete = "The operation was executed."
        full = {"content": content} if binding.status != NO_CONTENT else {}
        full |= {"headers": headers} if headers else {}
        described = {
            "200": {"description": part, **data},
            str(binding.status): {"description": complete, **full},
        }
    if not stored.mutates and binding.method == "GET":
        described["304"] = {"description": "The data has not changed."}
    return described


def _announcements(lifecycle: Lifecycle) -> JSONObject:
    headers: JSONObject = {}
    if lifecycle.deprecated_s is not None:
        headers["Deprecation"] = _header("Since when it is deprecated (RFC 9745).")
    if lifecycle.sunset_s is not None:
        headers["Sunset"] = _header("When it may end (RFC 8594).")
    if headers and lifecycle.notice:
        headers["Link"] = _header("A page about the deprecation and the sunset.")
    return headers


def _header(description: str) -> JSONObject:
    return {"description": description, "schema": {"type": "string"}}


_VALIDATOR: Final[JSONObject] = {
    "ETag": _header("The version of the data, if nothing is missing.")
}
_COMPLETED: Final[JSONObject] = {
    "Weir-Completed": {
        "description": "`false` if a part of the data is missing; see `_weir`.",
        "schema": {"type": "string", "const": "false"},
    },
}


def _problem(description: str) -> JSONObject:
    return {"$ref": f"#/components/responses/{PROBLEM}", "description": description}
