"""The configured subgraphs, each with its SDL."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from socket import gaierror
from ssl import SSLError

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.facade import SubgraphSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.bffs.generations.graph.sdl_copies import SdlCopies, SdlCopy, SdlSource
from weir.gateway.context import RequestContext
from weir.gateway.errors import WeirError
from weir.gateway.events import SdlCopyUsed
from weir.gateway.trace_parent import TraceParent
from weir.gateway.transport.errors import UpstreamConnectFailed
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.registry import Registry
from weir.resolvers.errors import SubgraphError
from weir.resolvers.sources.graphql.sdl import fetch_sdl
from weir.schema.subgraphs.subgraph import Subgraph

_START_TIMEOUT_S = 15.0


def start_context(dependencies: Dependencies) -> RequestContext:
    """Return the context of the calls that the gateway makes for itself."""
    return RequestContext(
        request_id="start",
        trace=TraceParent(trace_id=token_hex(16), parent_id=token_hex(8)),
        client_type="weir",
        generation_id="",
        deadline_s=dependencies.clock.monotonic_s() + _START_TIMEOUT_S,
        sink=dependencies.sink,
    )


@dataclass(frozen=True, slots=True)
class SubgraphLoader:
    """Reads the SDLs of one configuration; `context` is that of the calls it makes.

    A service of the `serving` configuration is called only if its upstream differs.
    """

    loaded: LoadedConfig
    registry: Registry
    context: RequestContext
    copies: SdlCopies
    serving: Config | None = None

    async def load(
        self, path: DataPath, subgraphs: Mapping[str, SubgraphSection]
    ) -> tuple[Subgraph, ...]:
        """Load the section at `path`; raises ConfigError with every failure."""
        outcomes = await asyncio.gather(
            *(
                self._load_one((*path, name), name, subgraph)
                for name, subgraph in subgraphs.items()
            ),
            return_exceptions=True,
        )
        return _all_loaded(outcomes)

    async def _load_one(
        self, path: DataPath, name: str, subgraph: SubgraphSection
    ) -> Subgraph:
        if subgraph.python is not None:
            from weir.bffs.extensions.python_subgraphs import python_source  # noqa: PLC0415

            source = python_source(subgraph.python, self.loaded, (*path, "python"))
            return Subgraph(name=name, sdl=source.sdl, file=subgraph.python)
        assert subgraph.upstream is not None, "decoding requires one of the two"
        sdl, file = await self._sdl(path, subgraph, subgraph.upstream)
        url = self._urls(subgraph, subgraph.upstream)[0]
        return Subgraph(name=name, sdl=sdl, url=url, file=file)

    def _urls(self, subgraph: SubgraphSection, upstream: str) -> tuple[str, ...]:
        """Return where the subgraph is served, by instance or by name."""
        found = self.loaded.config.upstreams[upstream]
        origins = [each.url.rstrip("/") for each in found.instances]
        if found.discovery is not None:
            dns, scheme = found.discovery.dns, found.discovery.scheme or "http"
            origins.append(f"{scheme}://{dns.name if dns else upstream}")
        return tuple(f"{origin}{subgraph.path}" for origin in origins)

    async def _sdl(
        self, path: DataPath, subgraph: SubgraphSection, upstream: str
    ) -> tuple[str, str]:
        """Return the SDL and the name of its file, "" if it is from the service."""
        if subgraph.sdl is not None:
            return self._read_file((*path, "sdl"), subgraph.sdl)
        source = SdlSource(upstream, subgraph.path)
        sdl = self.copies.offered(source)
        if sdl is not None:
            self.copies.fetched(source, sdl)
            return sdl, ""
        sdl = self.copies.known(source)
        if sdl is not None and self._is_unchanged(source):
            return sdl, ""
        try:
            sdl = await fetch_sdl(
                self.registry.upstream(upstream), subgraph.path, self.context
            )
        except WeirError as error:
            if copy := await self.copies.fallback(source):
                self._emit(".".join(map(str, path)), copy, error)
                return copy.sdl, ""
            urls = ", ".join(self._urls(subgraph, upstream))
            message = (
                f"{'.'.join(map(str, path))}: cannot fetch the SDL of the service:"
                f" {error.detail} (called {urls}); {_fix(error)}, or name a file with"
                " `sdl`"
            )
            raise self.loaded.error(path, message) from error
        self.copies.fetched(source, sdl)
        return sdl, ""

    def _is_unchanged(self, source: SdlSource) -> bool:
        serving, upstream = self.serving, source.upstream
        return (
            serving is not None
            and source in sdl_sources(serving)
            and serving.upstreams[upstream] == self.loaded.config.upstreams[upstream]
        )

    def _emit(self, subgraph: str, copy: SdlCopy, error: WeirError) -> None:
        receive = self.context.sink.receiver(SdlCopyUsed)
        if receive is not None:
            event = SdlCopyUsed(
                subgraph=subgraph,
                sha256=copy.sha256,
                age_s=self.copies.age_s(copy),
                reason=error.detail,
            )
            receive(event)

    def _read_file(self, path: DataPath, name: str) -> tuple[str, str]:
        file = self.loaded.folder / name
        try:
            return read_text(file), str(file)
        except UnreadableFile as error:
            message = f"{'.'.join(map(str, path))}: {file} cannot be read: {error}"
            raise self.loaded.error(path, message) from error


def sdl_sources(config: Config) -> frozenset[SdlSource]:
    """Return where the SDLs of services come from that no file has."""
    return frozenset(
        SdlSource(subgraph.upstream, subgraph.path)
        for _, subgraph in config.all_subgraphs()
        if subgraph.upstream is not None and subgraph.sdl is None
    )


def _fix(error: WeirError) -> str:
    """Return how to fix a service that is down, or that is not a subgraph."""
    if isinstance(error, SubgraphError):
        return "it responds, so check its `path`, and that it is a subgraph"
    if isinstance(error.__cause__, SSLError):
        return "check whether its URL begins with http:// or https://"
    if isinstance(error.__cause__, gaierror):
        return "check the name of its host"
    return "start it" if isinstance(error, UpstreamConnectFailed) else "check its URL"


def _all_loaded(
    outcomes: Sequence[Subgraph | BaseException],
) -> tuple[Subgraph, ...]:
    loaded: list[Subgraph] = []
    problems = [
        problem
        for outcome in outcomes
        if isinstance(outcome, ConfigError)
        for problem in outcome.problems
    ]
    for outcome in outcomes:
        if isinstance(outcome, Subgraph):
            loaded.append(outcome)
        elif not isinstance(outcome, ConfigError):
            raise outcome
    if problems:
        raise ConfigError(*problems)
    return tuple(loaded)
