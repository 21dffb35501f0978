"""The levels of loggers, which can be set while the gateway runs."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import View
from weir.gateway.telemetry.log.levels import Level

_Logger = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$",
        max_length=200,
        description="The name of a logger in Python, or `root` for all others.",
        examples=["weir.upstreams"],
    ),
]


class LoggerLevelView(View):
    """A logger with the level in effect; `is_set` if it was set on this port."""

    logger: str
    level: str
    is_set: bool


class LogLevelsView(View):
    """The loggers of Weir, and those with a level that was set."""

    loggers: tuple[LoggerLevelView, ...]


class LevelChange(BaseModel):
    """The level to set; null restores the one before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Level | None


def log_level_routes(target: ControlTarget) -> APIRouter:
    """Return the routes of the levels of loggers."""
    router = APIRouter(prefix="/log/levels")

    @router.get("")
    async def levels() -> LogLevelsView:
        shown = map(LoggerLevelView.model_validate, target.log_levels())
        return LogLevelsView(loggers=tuple(shown))

    @router.put("/{logger}")
    async def set_level(logger: _Logger, change: LevelChange) -> LogLevelsView:
        await target.set_log_level(logger, change.level)
        return await levels()

    return router
