"""The use of operations by clients."""

from typing import Annotated

from fastapi import APIRouter, Query

from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import UsageView

_Element = Annotated[
    str,
    Query(
        max_length=200,
        description="A coordinate: only the operations that use this element.",
        examples=["Title.legacyRating"],
    ),
]


def usage_routes(target: ControlTarget) -> APIRouter:
    """Return the route of the operations in use."""
    router = APIRouter()

    @router.get("/usage")
    async def usage(element: _Element = "") -> UsageView:
        return UsageView.model_validate(await target.usage(element))

    return router
