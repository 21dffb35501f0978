"""From a configuration to the generation that serves it.

    policies -> registry -> draft -> blueprint -> façades -> routes -> generation

The serving generation is not changed, so that a failure leaves it as it is. Pure
computation runs in a thread while requests are served. A graph that is equal to one of
the serving generation is taken from it.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.policies.upstream import upstream_policies
from weir.bffs.generations.blueprint import Blueprint, Drawing
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.graph.sdl_copies import SdlCopies
from weir.bffs.generations.graph.subgraphs import SubgraphLoader, start_context
from weir.bffs.generations.graph.supergraph_file import (
    SupergraphFile,
    read_supergraph_file,
    remote_subgraphs,
    subgraph_policy,
)
from weir.bffs.generations.identification import identify_callers
from weir.bffs.generations.realisation import Realisation
from weir.bffs.generations.template_parts import TemplateParts
from weir.bffs.generations.upstream_registry import new_registry
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.factories import TransportFactory, new_transport
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.registry import Registry
from weir.resolvers.engine.preparation_queue import PreparationQueue


async def build_generation(
    loaded: LoadedConfig,
    previous: Generation | None,
    dependencies: Dependencies,
    queue: PreparationQueue,
    copies: SdlCopies | None = None,
    *,
    transports: TransportFactory = new_transport,
) -> Generation:
    """Build the generation of `loaded`; raises ConfigError, and leaves nothing open.

    Operations are planned by `queue` while the generation serves. `copies` replace the
    SDLs of services that are down. `transports` are as in `drafting`.
    """
    async with drafting(
        loaded, previous, dependencies, copies or SdlCopies(), transports
    ) as draft:
        shared = await draft.drawing.shared_subgraphs()
        return await draft.generation(await draft.drawing.blueprint(shared), queue)


async def realise(
    blueprint: Blueprint,
    previous: Generation | None,
    dependencies: Dependencies,
    queue: PreparationQueue,
    parts: TemplateParts,
) -> Generation:
    """Make a generation of a blueprint that another process has drawn.

    `parts` are those that are not made again. Raises ConfigError, and leaves
    nothing open.
    """
    began_s = dependencies.clock.monotonic_s()
    async with AsyncExitStack() as opened:
        registry = new_registry(
            blueprint.policies, dependencies, previous.registry if previous else None
        )
        opened.push_async_callback(registry.close)
        registry.start()
        identification = await identify_callers(
            blueprint.loaded,
            previous.identification if previous else None,
            dependencies.clock,
        )
        opened.push_async_callback(identification.close)
        generation = await Realisation(
            blueprint,
            registry,
            dependencies,
            queue,
            previous,
            {},
            identification,
            began_s,
            parts,
        ).generation()
        opened.pop_all()
        return generation


@asynccontextmanager
async def drafting(
    loaded: LoadedConfig,
    previous: Generation | None,
    dependencies: Dependencies,
    copies: SdlCopies,
    transports: TransportFactory = new_transport,
) -> AsyncGenerator["Draft"]:
    """Begin a generation of `loaded`; raises ConfigError.

    `transports` are those to services, if there is no `previous` generation.
    At the end, everything is closed that a generation of the draft does not use.
    """
    began_s = dependencies.clock.monotonic_s()
    given = await asyncio.to_thread(_given, loaded, previous)
    policies = _policies(loaded, given)
    registry = new_registry(
        policies, dependencies, previous.registry if previous else None, transports
    )
    async with AsyncExitStack() as opened:
        opened.push_async_callback(registry.close)
        opened.callback(copies.discard)
        # SDLs are fetched from instances, which may have to be discovered first.
        registry.start()
        before = previous.blueprint if previous else None
        loader = SubgraphLoader(
            loaded,
            registry,
            start_context(dependencies),
            copies,
            before.loaded.config if before else None,
        )
        drawing = Drawing(loaded, policies, given, loader, before)
        yield Draft(drawing, registry, dependencies, previous, copies, opened, began_s)


@dataclass(frozen=True, slots=True)
class Draft:
    """A generation that is being built: its upstreams, and what draws its graphs.

    `began_s` is the monotonic time of the beginning.
    """

    drawing: Drawing
    registry: Registry
    dependencies: Dependencies
    previous: Generation | None
    copies: SdlCopies
    opened: AsyncExitStack
    began_s: float

    async def generation(
        self, blueprint: Blueprint, queue: PreparationQueue
    ) -> Generation:
        """Return the generation of a blueprint; raises ConfigError."""
        _reject_nothing(blueprint.loaded)
        given, previous = self.drawing.given, self.previous
        identification = await identify_callers(
            blueprint.loaded,
            previous.identification if previous else None,
            self.dependencies.clock,
        )
        self.opened.push_async_callback(identification.close)
        generation = await Realisation(
            blueprint,
            self.registry,
            self.dependencies,
            queue,
            previous,
            {given.text: given.supergraph} if given else {},
            identification,
            self.began_s,
        ).generation()
        await self.copies.commit()
        self.opened.pop_all()
        return generation


def _reject_nothing(loaded: LoadedConfig) -> None:
    if not (loaded.config.facades or loaded.config.routes):
        message = "there is nothing to serve; configure `facades` or `routes`"
        raise loaded.error((), message)


def _given(loaded: LoadedConfig, previous: Generation | None) -> SupergraphFile | None:
    if loaded.config.supergraph is None:
        return None
    return read_supergraph_file(loaded, previous.graphs if previous else {})


def _policies(
    loaded: LoadedConfig, given: SupergraphFile | None
) -> Mapping[str, UpstreamPolicy]:
    policies = upstream_policies(loaded)
    if given is not None:
        for subgraph in remote_subgraphs(given, loaded):
            if subgraph.name not in policies:
                policies[subgraph.name] = subgraph_policy(subgraph, given.file)
    return policies
