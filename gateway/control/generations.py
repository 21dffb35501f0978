"""The configuration, the generation made of it, and the way to the next one."""

from collections.abc import Mapping

from fastapi import APIRouter

from gateway.control.errors import NotStarted
from gateway.control.target import ControlTarget
from gateway.control.views import GenerationView, ReloadView


def generation_routes(target: ControlTarget) -> APIRouter:
    router = APIRouter()

    @router.get("/generation")
    async def generation() -> GenerationView:
        serving = target.generation()
        if serving is None:
            raise NotStarted
        return GenerationView.model_validate(serving)

    @router.get("/config")
    async def config() -> Mapping[str, object]:
        return target.config()

    @router.post("/config/reload")
    async def reload() -> ReloadView:
        return ReloadView(generation=await target.reload())

    return router
