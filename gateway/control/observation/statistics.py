"""Numbers for people and scripts, which need no metrics server."""

from fastapi import APIRouter

from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import RatesView, SystemView, WindowView


def statistics_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of rates, and of the use of the machine."""
    router = APIRouter(prefix="/api/v1/metrics")

    # Not in a thread: the event loop is what updates the numbers.
    @router.get("/requests")
    async def requests() -> RatesView:
        windows = (WindowView.model_validate(each) for each in target.rates())
        return RatesView(windows=tuple(windows))

    # In a thread: the kernel counts the open descriptors one by one.
    @router.get("/system")
    def system() -> SystemView:
        return SystemView.model_validate(target.system())

    return router
