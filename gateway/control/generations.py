"""The configuration, the generation made of it, and the way to the next one."""

from collections.abc import Mapping

from fastapi import APIRouter, Response

from weir.gateway.control.errors import NotStarted
from weir.gateway.control.preconditions import set_version
from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import GenerationView, ReloadView


def generation_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of the serving generation and its configuration."""
    router = APIRouter()

    @router.get("/generation")
    async def generation() -> GenerationView:
        serving = target.generation()
        if serving is None:
            raise NotStarted
        return GenerationView.model_validate(serving)

    # In a thread: a large configuration takes a while to show.
    @router.get("/config")
    def config(response: Response) -> Mapping[str, object]:
        snapshot = target.config()
        set_version(response, snapshot.version)
        return snapshot.values

    @router.post("/config/reload")
    async def reload(response: Response) -> ReloadView:
        loaded = await target.reload()
        set_version(response, loaded.version)
        return ReloadView(generation=loaded.generation)

    return router
