"""The schemas that serve: those of clients, and the graphs that they are views of."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from weir.gateway.control.target import ControlTarget


def schema_routes(target: ControlTarget) -> APIRouter:
    router = APIRouter(
        prefix="/facades/{facade}", default_response_class=PlainTextResponse
    )

    @router.get("/schema")
    async def schema(facade: str) -> PlainTextResponse:
        return PlainTextResponse(await target.schema(facade))

    @router.get("/supergraph")
    async def supergraph(facade: str) -> PlainTextResponse:
        return PlainTextResponse(target.supergraph(facade))

    return router
