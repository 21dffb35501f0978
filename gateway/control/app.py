"""The control port's application; its OpenAPI document is at /openapi.json."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from weir.gateway.control.generations import generation_routes
from weir.gateway.control.keys import key_routes
from weir.gateway.control.middleware.body_limit import (
    MAX_BODY_BYTES,
    PAYLOAD_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    BodyLimit,
)
from weir.gateway.control.middleware.guard import Guard, note_error
from weir.gateway.control.middleware.head import HeadAsGet
from weir.gateway.control.observation.feed import RateFeed
from weir.gateway.control.observation.log_levels import log_level_routes
from weir.gateway.control.observation.objectives import objective_routes
from weir.gateway.control.observation.requests import request_routes
from weir.gateway.control.observation.statistics import statistics_routes
from weir.gateway.control.observation.usage import usage_routes
from weir.gateway.control.probes import probe_routes
from weir.gateway.control.registry import registry_routes
from weir.gateway.control.routes import plain_route_routes
from weir.gateway.control.schemas import schema_routes
from weir.gateway.control.services import breaker_routes, cache_routes, service_routes
from weir.gateway.control.target import ControlTarget
from weir.gateway.control.workers import worker_routes
from weir.gateway.edge.responses.problem import PROBLEM_JSON, problem_body
from weir.gateway.errors import (
    BadRequest,
    ContentCodingNotSupported,
    InternalError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
    WeirError,
)
from weir.gateway.events import EventSink
from weir.gateway.server.asgi import ASGIApp
from weir.gateway.server.process.readiness import Readiness

_JSON = "application/json"
_NOT_FOUND = 404
_METHOD_NOT_ALLOWED = 405

_Handler: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


def control_app(
    target: ControlTarget, readiness: Readiness, sink: EventSink, feed: RateFeed
) -> ASGIApp:
    """Return the application of the control port.

    Rejections and changes are emitted to `sink`. `feed` has the rates of the target.
    """
    app = _app(probe_routes(target, readiness), "/openapi.json")
    app.include_router(service_routes(target))
    app.include_router(cache_routes(target))
    app.include_router(breaker_routes(target))
    app.include_router(generation_routes(target))
    app.include_router(registry_routes(target))
    app.include_router(plain_route_routes(target))
    app.include_router(schema_routes(target))
    app.include_router(statistics_routes(target, feed))
    app.include_router(request_routes(target))
    app.include_router(objective_routes(target))
    app.include_router(usage_routes(target))
    app.include_router(worker_routes(target))
    app.include_router(log_level_routes(target))
    app.include_router(key_routes(target))
    return Guard(HeadAsGet(BodyLimit(app)), target.access, sink)


def probes_app(target: ControlTarget, readiness: Readiness) -> ASGIApp:
    """Return the application of the probes' port: health, readiness and metrics."""
    return HeadAsGet(BodyLimit(_app(probe_routes(target, readiness))))


def _app(probes: APIRouter, openapi_url: str | None = None) -> FastAPI:
    # The pages for trying it load scripts from other hosts: not on these ports.
    app = FastAPI(
        title="Weir control",
        openapi_url=openapi_url,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(probes)
    app.add_exception_handler(WeirError, _responding(_weir_error))
    app.add_exception_handler(HTTPException, _responding(_http_exception))
    app.add_exception_handler(RequestValidationError, _responding(_validation_error))
    app.add_exception_handler(Exception, _responding(_bug))
    return app


def _responding(error_of: Callable[[Request, Exception], WeirError]) -> _Handler:
    """Return the handler of exceptions that responds with an error of Weir."""

    async def respond(request: Request, exception: Exception) -> Response:
        error = error_of(request, exception)
        note_error(request.scope, error.code)
        return _problem(error)

    return respond


def _problem(error: WeirError) -> Response:
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in error.response_headers
    }
    return Response(
        problem_body(error, "", development=False),
        error.row.status,
        headers,
        PROBLEM_JSON.decode(),
    )


def _weir_error(_: Request, error: Exception) -> WeirError:
    assert isinstance(error, WeirError)
    return error


def _http_exception(request: Request, error: Exception) -> WeirError:
    assert isinstance(error, HTTPException)
    if error.status_code == _METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        return MethodNotAllowed(request.method, tuple(allowed.split(", ")))
    if error.status_code == PAYLOAD_TOO_LARGE:
        return PayloadTooLarge(MAX_BODY_BYTES)
    if error.status_code == UNSUPPORTED_MEDIA_TYPE:
        detail = "Send the body without a content coding."
        return ContentCodingNotSupported(detail, ())
    if error.status_code != _NOT_FOUND:
        return BadRequest("The body cannot be read as JSON.")
    return NotFound(f"There is no endpoint at {request.url.path[:200]!r}.")


def _validation_error(request: Request, error: Exception) -> WeirError:
    assert isinstance(error, RequestValidationError)
    media_type = request.headers.get("content-type", _JSON).partition(";")[0]
    if media_type.strip().lower() != _JSON:
        return UnsupportedMediaType(f"Send the body as {_JSON}.")
    # Without the values: the client has them, and a log must not.
    problems = (_validation_problem(each) for each in error.errors())
    return BadRequest("; ".join(problems))


def _validation_problem(error: Mapping[str, Any]) -> str:
    where = ".".join(map(str, error["loc"]))
    reason = f": {error['ctx']['error']}" if error["type"] == "json_invalid" else ""
    return f"{where}: {error['msg']}{reason}"


def _bug(_: Request, __: Exception) -> WeirError:
    # The server logs it with its traceback after this response.
    return InternalError()
