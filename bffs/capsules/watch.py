"""The watch for incidents, which writes a capsule when one begins."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from weir import __version__
from weir.bffs.capsules.capsule import Capsule, service_states
from weir.bffs.capsules.folder import CapsuleFolder
from weir.bffs.capsules.incidents import incidents
from weir.bffs.generations.generation import Generation
from weir.gateway.clock import Clock
from weir.gateway.telemetry.metrics.burn_rates import BurnRates
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.upstreams.snapshot import ServiceSnapshot

_LOG: Final = logging.getLogger("weir.capsules")
_INTERVAL_S: Final = 1.0
_PAUSE_S: Final = 60.0
_BEFORE: Final = timedelta(seconds=30)
_EXPLAINED: Final = 20


class Observed(Protocol):
    """The part of a data plane that a capsule is made of."""

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        """Return the state of all upstreams."""
        ...

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        """Return the last requests, the newest first."""
        ...

    async def request(self, request_id: str) -> Explanation | None:
        """Return the explanation of a recorded request, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """The parts of the gateway that a capsule is made of."""

    plane: Observed
    burn_rates: BurnRates
    generation: Callable[[], Generation | None]
    clock: Clock


class IncidentWatch:
    """A watch that looks for incidents each second.

    It writes at most one capsule a minute. An incident that begins in between is in the
    next capsule, if it lasts.
    """

    def __init__(self, watched: Watched, folder: CapsuleFolder) -> None:
        self._watched = watched
        self._folder = folder
        self._known: frozenset[str] = frozenset()
        self._written_s = float("-inf")

    async def run(self) -> None:
        """Look for incidents until the task is cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_S)
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - the watch continues
                # Such as a worker that fails to return its state.
                _LOG.exception("the state of the gateway is not known")

    async def look(self) -> Path | None:
        """Write a capsule if an incident has begun; return its file."""
        watched = self._watched
        services = await watched.plane.services()
        current = incidents(services, watched.burn_rates.states())
        begun = current - self._known
        now_s = watched.clock.monotonic_s()
        if begun and now_s - self._written_s < _PAUSE_S:
            self._known &= current
            return None
        self._known = current
        if not begun:
            return None
        self._written_s = now_s
        return await self._write(sorted(begun), services)

    async def _write(
        self, begun: list[str], services: tuple[ServiceSnapshot, ...]
    ) -> Path | None:
        capsule = await self._capsule(begun, services)
        try:
            file = await asyncio.to_thread(self._folder.write, capsule)
        except OSError as error:
            _LOG.warning("no capsule of %s: %s", ", ".join(begun), error)
            return None
        _LOG.warning("%s; see `weir capsule show %s`", ", ".join(begun), file)
        return file

    async def _capsule(
        self, begun: list[str], services: tuple[ServiceSnapshot, ...]
    ) -> Capsule:
        watched = self._watched
        at = datetime.fromtimestamp(watched.clock.epoch_s(), UTC)
        recent = [
            each
            for each in await watched.plane.recent_requests()
            if each.ended_at >= at - _BEFORE
        ]
        serving = watched.generation()
        return Capsule(
            weir=__version__,
            at=at,
            incidents=tuple(begun),
            generation=serving.id if serving else "",
            config_version=serving.loaded.version if serving else "",
            services=service_states(services),
            objectives=watched.burn_rates.states(),
            requests=tuple(recent),
            explanations=await self._explanations(recent),
        )

    async def _explanations(
        self, requests: list[RequestSummary]
    ) -> tuple[Explanation, ...]:
        bad = [each.request_id for each in requests if each.reason]
        found = [await self._watched.plane.request(each) for each in bad[:_EXPLAINED]]
        return tuple(each for each in found if each is not None)
