"""Fetches the SDLs of services that were down, until they are back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from weir.bffs.generations.generation import Generation
from weir.bffs.generations.sdl_copies import SdlCopies, SdlSource
from weir.bffs.generations.subgraphs import start_context
from weir.gateway.errors import WeirError
from weir.gateway.upstreams.dependencies import Dependencies
from weir.resolvers.sources.graphql.sdl import fetch_sdl

_INTERVAL_S: Final = 10.0


class SdlRefresh:
    """Calls `reload` when a service that was down returns another SDL than its copy.

    An SDL for which the reload has failed is not tried again.
    """

    def __init__(
        self,
        copies: SdlCopies,
        serving: Callable[[], Generation | None],
        dependencies: Dependencies,
        reload: Callable[[], Awaitable[None]],
    ) -> None:
        self._copies = copies
        self._serving = serving
        self._dependencies = dependencies
        self._reload = reload
        self._tried: dict[SdlSource, str] = {}

    async def run(self, interval_s: float = _INTERVAL_S) -> None:
        """Refresh the copies that are in use, until cancelled."""
        while True:
            await asyncio.sleep(interval_s)
            await self.refresh()

    async def refresh(self) -> None:
        """Fetch the SDL of each copy that is in use, once."""
        for source in tuple(self._copies.in_use):
            with suppress(WeirError):
                await self._refresh(source)

    async def _refresh(self, source: SdlSource) -> None:
        serving = self._serving()
        if serving is None or source.upstream not in serving.loaded.config.upstreams:
            self._copies.in_use.pop(source, None)
            return
        upstream = serving.registry.upstream(source.upstream)
        context = start_context(self._dependencies)
        sdl = await fetch_sdl(upstream, source.path, context)
        if sdl == self._copies.in_use[source].sdl:
            await self._copies.fetched(source, sdl)
        elif self._tried.get(source) != sdl:
            self._tried[source] = sdl
            await self._reload()
