"""The last requests, and the explanation of each of them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from weir.gateway.control.errors import RequestNotRecorded
from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import View

_MAX_SHOWN = 500


class FailureView(View):
    """A part that a response lacks; `detail` is the first message of the service."""

    service: str
    code: str
    count: int
    detail: str


class RequestView(View):
    """A request; `reason` is "failed" or "slow" if it is retained for longer."""

    request_id: str
    ended_at: datetime
    client_type: str
    method: str
    route: str
    operation: str
    status: int
    code: str
    duration_s: float
    reason: Literal["failed", "slow", ""]
    failures: tuple[FailureView, ...]


class RequestsView(View):
    """The last requests, the newest first."""

    requests: tuple[RequestView, ...]


class PartView(View):
    """A part of a request; `start_s` counts from the request's start.

    `place` has the paths of the objects that a fetch completes.
    """

    kind: Literal["step", "prepare", "fetch", "attempt", "cache", "fallback"]
    name: str
    start_s: float
    duration_s: float
    outcome: str
    instance: str
    endpoint: str
    attempt: int
    status: int
    place: str
    entities: int


class SpentTimeView(View):
    """The time that a part of a request has spent."""

    part: Literal["gateway", "queue", "service", "shared", "client"]
    service: str
    seconds: float


class ServiceChangeView(View):
    """A change of a service; `at_s` counts from the request's start."""

    service: str
    at_s: float
    change: str


class ExplanationView(View):
    """A request with its parts; not `complete` if some were no longer recorded."""

    summary: RequestView
    trace_id: str
    generation: str
    complete: bool
    spent: tuple[SpentTimeView, ...]
    parts: tuple[PartView, ...]
    changes: tuple[ServiceChangeView, ...]


def request_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of recorded requests."""
    router = APIRouter(prefix="/requests")

    @router.get("/recent")
    async def recent(
        limit: Annotated[int, Query(ge=1, le=_MAX_SHOWN)] = 50,
        reason: Literal["failed", "slow"] | None = None,
    ) -> RequestsView:
        requests = await target.recent_requests()
        found = [each for each in requests if reason in (None, each.reason)]
        return RequestsView(
            requests=tuple(map(RequestView.model_validate, found[:limit]))
        )

    # A client may choose an id with slashes.
    @router.get("/{request_id:path}")
    async def request(request_id: str) -> ExplanationView:
        found = await target.request(request_id)
        if found is None:
            raise RequestNotRecorded(request_id)
        return ExplanationView.model_validate(found)

    return router
