"""The gateway as its control port sees it."""

from collections.abc import Mapping
from typing import Protocol

from bffs.config.decode import LoadedConfig
from bffs.config.errors import ConfigError
from bffs.config.masking import masked
from bffs.generation import Generation
from gateway.clock import Clock
from gateway.control.errors import ReloadRefused
from gateway.control.target import GenerationSnapshot
from gateway.telemetry.prometheus import PrometheusSink
from gateway.upstreams.snapshot import ServiceSnapshot


class Renewable(Protocol):
    """What owns the generations."""

    @property
    def serving(self) -> Generation | None: ...

    @property
    def loaded(self) -> LoadedConfig:
        """The configuration that serves, or is about to."""
        ...

    async def renew(self) -> Generation: ...


class AppTarget:
    """Answers the control port from the serving generation."""

    def __init__(self, app: Renewable, metrics: PrometheusSink, clock: Clock) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    def services(self) -> tuple[ServiceSnapshot, ...]:
        serving = self._app.serving
        return serving.registry.snapshot() if serving else ()

    def reset_breaker(self, service: str) -> None:
        if self._app.serving is not None:
            self._app.serving.registry.reset_breaker(service)

    def generation(self) -> GenerationSnapshot | None:
        serving = self._app.serving
        if serving is None:
            return None
        return GenerationSnapshot(
            id=serving.id,
            age_s=self._clock.monotonic_s() - serving.since_s,
            subgraphs=tuple(serving.loaded.config.subgraphs),
            facades=tuple(facade.name for facade in serving.facades),
        )

    def config(self) -> Mapping[str, object]:
        return masked(self._app.loaded)

    async def reload(self) -> str:
        try:
            generation = await self._app.renew()
        except ConfigError as error:
            raise ReloadRefused(str(error)) from error
        return generation.id

    def metrics(self) -> bytes:
        return self._metrics.exposition()
