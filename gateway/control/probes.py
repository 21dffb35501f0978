"""Liveness, readiness and metrics, which machines request every few seconds."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import (
    PreparationsView,
    ReadinessView,
    SdlCopyView,
    StatusView,
)
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.telemetry.metrics.prometheus import Format


def probe_routes(target: ControlTarget, readiness: Readiness) -> APIRouter:
    """Return the routes that an orchestrator and Prometheus read."""
    router = APIRouter()

    @router.get("/health")
    async def health() -> StatusView:
        return StatusView(status="alive")

    @router.get("/ready", responses={503: {"model": ReadinessView}})
    async def ready(response: Response) -> ReadinessView:
        if not readiness.ready:
            response.status_code = 503
        return ReadinessView(
            status=readiness.shown.value,
            preparations=PreparationsView.model_validate(await target.preparations()),
            sdl_copies=[SdlCopyView.model_validate(e) for e in target.sdl_copies()],
        )

    @router.get("/metrics", response_class=Response)
    async def metrics(accept: Annotated[str, Header()] = "") -> Response:
        form = Format.accepted(accept)
        return Response(await target.metrics(form), media_type=form.value)

    return router
