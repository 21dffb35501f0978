"""The gateway as its control port sees it."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from graphql import print_schema

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import (
    ConfigConflict,
    ConfigError,
    ReadOnlyConfig,
    UnexpectedVersion,
    UnknownBackend,
    UnknownUpstream,
)
from weir.bffs.config.policies.control import control_access
from weir.bffs.config.policies.routes import route_snapshots
from weir.bffs.config.redaction import redacted
from weir.bffs.config.stores.changes import (
    ConfigChange,
    PutInstance,
    PutUpstream,
    PutWeights,
    RemoveInstance,
    RemoveUpstream,
)
from weir.bffs.config.stores.store import Versions
from weir.bffs.control_keys import KeyChange, changed_key, key_snapshots
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.graph.sdl_copies import SdlCopies
from weir.bffs.usage.report import operations_usage
from weir.bffs.workers.data_plane import DataPlane
from weir.gateway.clock import Clock
from weir.gateway.control.access import ControlAccess
from weir.gateway.control.errors import (
    ConfigConflicts,
    ConfigReadOnly,
    LogLevelRejected,
    NotRegistered,
    PreconditionFailed,
    ReloadRefused,
    UnknownFacade,
)
from weir.gateway.control.keys import KeySnapshot, NewKeySnapshot
from weir.gateway.control.registry import ConfigVersion
from weir.gateway.control.routes import RouteSnapshot, SplitName
from weir.gateway.control.target import (
    ConfigSnapshot,
    GenerationSnapshot,
    PreparationsSnapshot,
    SdlCopySnapshot,
    UsageSnapshot,
    WorkerSnapshot,
)
from weir.gateway.identity.api_keys.changes import (
    NewKey,
    with_new_key,
    with_revoked_key,
    with_rotated_key,
)
from weir.gateway.telemetry.log.levels import Level, LevelRejected, LoggerLevel
from weir.gateway.telemetry.metrics.burn_rates import BurnRates, ObjectiveState
from weir.gateway.telemetry.metrics.dropped_labels import without_labels
from weir.gateway.telemetry.metrics.prometheus import Format, Scrapes
from weir.gateway.telemetry.metrics.rates import RateHistory, WindowRates
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.telemetry.usage import SystemUsage, system_usage
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import ServiceSnapshot


class Renewable(Protocol):
    """The owner of the generations."""

    @property
    def serving(self) -> Generation | None: ...

    @property
    def loaded(self) -> LoadedConfig:
        """The configuration that serves, or is about to."""
        ...

    @property
    def copies(self) -> SdlCopies: ...

    async def renew(self) -> Generation: ...

    async def change(
        self, change: ConfigChange, expected: Versions | None
    ) -> Generation: ...


class AppTarget:
    """The target of the control port: the serving generation."""

    def __init__(
        self,
        app: Renewable,
        data_plane: DataPlane,
        history: RateHistory,
        burn_rates: BurnRates,
        clock: Clock,
    ) -> None:
        self._app = app
        self._data_plane = data_plane
        self._scrapes = Scrapes(self.shown_metrics)
        self._history = history
        self._burn_rates = burn_rates
        self._clock = clock
        self._access: tuple[LoadedConfig, ControlAccess] | None = None

    def access(self) -> ControlAccess:
        loaded = self._app.loaded
        if self._access is None or self._access[0] is not loaded:
            self._access = loaded, control_access(loaded.config.control)
        return self._access[1]

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        return await self._data_plane.services()

    async def reset_breaker(self, service: str, operation: str) -> None:
        await self._data_plane.reset_breaker(service, operation)

    async def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        await self._data_plane.force_breaker(service, operation, state)

    async def check_health(self, service: str) -> None:
        await self._data_plane.check_health(service)

    async def purge_cache(self, purge: Purge) -> int:
        return await self._data_plane.purge_cache(purge)

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

    async def schema(self, facade: str) -> str:
        serving = self._serving_facade(facade)
        found = next(each for each in serving.facades if each.name == facade)
        with _in_use(serving):
            return await asyncio.to_thread(print_schema, found.engine.schema) + "\n"

    def supergraph(self, facade: str) -> str:
        return self._serving_facade(facade).blueprint.graphs[facade].supergraph_sdl

    def _serving_facade(self, facade: str) -> Generation:
        """Return the generation that serves a façade; raises UnknownFacade."""
        serving = self._app.serving
        names = [each.name for each in serving.facades] if serving else []
        if serving is None or facade not in names:
            there_are = ", ".join(names) or "none"
            detail = f"There is no façade {facade[:200]!r}; there are: {there_are}."
            raise UnknownFacade(detail)
        return serving

    def config(self) -> ConfigSnapshot:
        loaded = self._app.loaded
        return ConfigSnapshot(loaded.version, redacted(loaded))

    async def reload(self) -> ConfigVersion:
        with self._errors_mapped():
            return _version(await self._app.renew())

    async def put_service(
        self,
        name: str,
        definition: Mapping[str, object],
        expected: Versions | None,
    ) -> ConfigVersion:
        return await self._change(PutUpstream(name, definition), expected)

    async def delete_service(
        self, name: str, expected: Versions | None
    ) -> ConfigVersion:
        return await self._change(RemoveUpstream(name), expected)

    async def put_endpoint(
        self,
        service: str,
        endpoint: str,
        change: Mapping[str, object],
        expected: Versions | None,
    ) -> ConfigVersion:
        return await self._change(PutInstance(service, endpoint, change), expected)

    async def delete_endpoint(
        self, service: str, endpoint: str, expected: Versions | None
    ) -> ConfigVersion:
        return await self._change(RemoveInstance(service, endpoint), expected)

    def routes(self) -> tuple[RouteSnapshot, ...]:
        return route_snapshots(self._app.loaded.config)

    async def set_weights(
        self,
        split: SplitName,
        weights: Mapping[str, int],
        expected: Versions | None,
    ) -> ConfigVersion:
        change = PutWeights(split.name, weights, split.version, split.cohort)
        return await self._change(change, expected)

    async def api_keys(self) -> tuple[KeySnapshot, ...]:
        return await asyncio.to_thread(key_snapshots, self._app.loaded, self._clock)

    async def create_api_key(self, new: NewKey) -> NewKeySnapshot:
        return await self._new_key(lambda keys: with_new_key(keys, new, self._now()))

    async def rotate_api_key(self, key_id: str, grace: timedelta) -> NewKeySnapshot:
        return await self._new_key(
            lambda keys: with_rotated_key(keys, key_id, grace, self._now())
        )

    async def revoke_api_key(self, key_id: str) -> KeySnapshot:
        return (await self._new_key(lambda keys: with_revoked_key(keys, key_id))).key

    async def _new_key(self, change: KeyChange) -> NewKeySnapshot:
        return await asyncio.to_thread(
            changed_key, self._app.loaded, change, self._clock
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.epoch_s(), UTC)

    async def preparations(self) -> PreparationsSnapshot:
        return await self._data_plane.preparations()

    def sdl_copies(self) -> tuple[SdlCopySnapshot, ...]:
        copies = self._app.copies
        return tuple(
            SdlCopySnapshot(*source, sha256=copy.sha256, age_s=copies.age_s(copy))
            for source, copy in copies.in_use.items()
        )

    async def usage(self, element: str) -> UsageSnapshot:
        table = await self._data_plane.usage()
        serving = self._app.serving
        if serving is None:
            return UsageSnapshot((), table.evicted)
        uses = table.uses()
        with _in_use(serving):
            found = await asyncio.to_thread(operations_usage, serving, uses, element)
        return UsageSnapshot(found, table.evicted)

    async def workers(self) -> tuple[WorkerSnapshot, ...]:
        return await self._data_plane.workers()

    async def roll(self) -> None:
        await self._data_plane.roll()

    def system(self) -> SystemUsage:
        return system_usage(self._clock.epoch_s())

    def rates(self) -> tuple[WindowRates, ...]:
        return self._history.rates()

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        return await self._data_plane.recent_requests()

    async def request(self, request_id: str) -> Explanation | None:
        return await self._data_plane.request(request_id)

    async def objectives(self) -> tuple[ObjectiveState, ...]:
        return self._burn_rates.states()

    def log_levels(self) -> tuple[LoggerLevel, ...]:
        return self._data_plane.log_levels()

    async def set_log_level(self, logger: str, level: Level | None) -> None:
        try:
            await self._data_plane.set_log_level(logger, level)
        except LevelRejected as error:
            raise LogLevelRejected(str(error)) from error

    async def shown_metrics(self) -> MetricsSnapshot:
        """Return the metrics without the labels that the configuration drops."""
        dropped = frozenset[str](self._app.loaded.config.metrics.drop_labels)
        return without_labels(await self._data_plane.metrics(), dropped)

    async def metrics(self, form: Format) -> bytes:
        return await self._scrapes.content(form)

    async def _change(
        self, change: ConfigChange, expected: Versions | None
    ) -> ConfigVersion:
        with self._errors_mapped():
            return _version(await self._app.change(change, expected))

    @contextmanager
    def _errors_mapped(self) -> Generator[None]:
        """Raise errors of the configuration as errors of the control port."""
        try:
            yield
        except ConfigError as error:
            raise ReloadRefused(self._public(str(error))) from error
        except (UnknownBackend, UnknownUpstream) as error:
            raise NotRegistered(str(error)) from error
        except ReadOnlyConfig as error:
            raise ConfigReadOnly(self._public(str(error))) from error
        except ConfigConflict as error:
            raise ConfigConflicts(self._public(str(error))) from error
        except UnexpectedVersion as error:
            raise PreconditionFailed(self._public(str(error))) from error

    def _public(self, message: str) -> str:
        """Return `message` with its files as seen from the folder of weir.yaml."""
        folder = self._app.loaded.folder
        return message if folder == Path() else message.replace(f"{folder}/", "")


@contextmanager
def _in_use(serving: Generation) -> Generator[None]:
    """Keep the graphs of a generation whole, as if it had a request."""
    serving.enter()
    try:
        yield
    finally:
        serving.leave()


def _version(serving: Generation) -> ConfigVersion:
    return ConfigVersion(serving.loaded.version, serving.id)
