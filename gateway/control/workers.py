"""The processes that serve the data port, and their replacement."""

from fastapi import APIRouter

from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import WorkersView, WorkerView


def worker_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of workers."""
    router = APIRouter(prefix="/workers")

    @router.get("")
    async def workers() -> WorkersView:
        found = await target.workers()
        return WorkersView(workers=tuple(map(WorkerView.model_validate, found)))

    @router.post("/roll")
    async def roll() -> WorkersView:
        await target.roll()
        return await workers()

    return router
