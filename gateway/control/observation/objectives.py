"""The objectives of screens: their budgets, how fast they burn, and by which cause."""

from fastapi import APIRouter

from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import View


class BurnView(View):
    """The budget in the last `window_s`; at a `rate` of 1 it lasts for its period."""

    window_s: float
    covered_s: float
    requests: int
    bad: int
    rate: float


class BadRequestsView(View):
    """Bad requests since the start; `service` is that of the missing part, or ""."""

    reason: str
    service: str
    count: int


class SlowPartView(View):
    """The number of slow requests in which this part took the most time."""

    part: str
    service: str
    count: int


class ObjectiveView(View):
    """An objective, and its requests since the start."""

    name: str
    within_s: float
    target: float
    requests: int
    good: int
    burns: tuple[BurnView, ...]
    bad: tuple[BadRequestsView, ...]
    slow_parts: tuple[SlowPartView, ...]


class ObjectivesView(View):
    """All objectives."""

    objectives: tuple[ObjectiveView, ...]


def objective_routes(target: ControlTarget) -> APIRouter:
    """Return the route of the objectives."""
    router = APIRouter()

    @router.get("/slo")
    async def objectives() -> ObjectivesView:
        states = await target.objectives()
        return ObjectivesView(
            objectives=tuple(map(ObjectiveView.model_validate, states))
        )

    return router
