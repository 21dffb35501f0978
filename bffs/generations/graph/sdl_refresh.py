"""Fetches the SDLs of services in the background, and reloads if they have changed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, TypeAlias

from weir.bffs.generations.generation import Generation
from weir.bffs.generations.graph.sdl_copies import SdlCopies, SdlSource
from weir.bffs.generations.graph.subgraphs import sdl_sources, start_context
from weir.gateway.errors import WeirError
from weir.gateway.upstreams.dependencies import Dependencies
from weir.resolvers.sources.graphql.sdl import fetch_sdl

_INTERVAL_S: Final = 10.0

_Sdls: TypeAlias = Mapping[SdlSource, str]


class SdlRefresh:
    """Calls `reload` when services return other SDLs than those that are known.

    Changed SDLs are offered together, because services may change for each other. If
    they do not compose, each is offered alone. A rejected set is offered again when it
    or the serving generation has changed.
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
        self._rejected: tuple[str, _Sdls] | None = None

    async def run(self, interval_s: float = _INTERVAL_S) -> None:
        """Refresh the SDLs, until cancelled."""
        while True:
            await asyncio.sleep(interval_s)
            await self.refresh()

    async def refresh(self) -> None:
        """Fetch each SDL once, and serve those that have changed."""
        serving = self._serving()
        if serving is None:
            return
        sources = sdl_sources(serving.loaded.config)
        self._copies.retain(sources)
        changed = self._changed(await self._fetch_all(serving, sources))
        if changed and (serving.id, changed) != self._rejected:
            await self._serve(changed)

    async def _fetch_all(
        self, serving: Generation, sources: Iterable[SdlSource]
    ) -> _Sdls:
        """Return the SDLs of the services that respond."""
        sources = tuple(sources)
        fetches = (self._fetch(serving, each) for each in sources)
        sdls = await asyncio.gather(*fetches)
        found = zip(sources, sdls, strict=True)
        return {source: sdl for source, sdl in found if sdl is not None}

    async def _fetch(self, serving: Generation, source: SdlSource) -> str | None:
        upstream = serving.registry.upstream(source.upstream)
        context = start_context(self._dependencies)
        try:
            return await fetch_sdl(upstream, source.path, context)
        except WeirError:
            return None

    def _changed(self, sdls: _Sdls) -> _Sdls:
        changed: dict[SdlSource, str] = {}
        for source, sdl in sdls.items():
            known = self._copies.known(source)
            if known == sdl:
                self._copies.confirm(source)
            elif known is not None:
                changed[source] = sdl
        return changed

    async def _serve(self, changed: _Sdls) -> None:
        await self._offer(changed)
        if len(changed) > 1:
            for source, sdl in self._unserved(changed).items():
                await self._offer({source: sdl})
        serving, rejected = self._serving(), self._unserved(changed)
        self._rejected = (serving.id, rejected) if serving and rejected else None

    async def _offer(self, sdls: _Sdls) -> None:
        self._copies.offer(sdls)
        await self._reload()
        self._copies.offer({})

    def _unserved(self, sdls: _Sdls) -> _Sdls:
        known = self._copies.known
        return {source: sdl for source, sdl in sdls.items() if known(source) != sdl}
