"""A generation that never serves, for commands that read a configuration."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from random import Random

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.health_checks import without_health_checks
from weir.bffs.config.policies.server import max_waiting_preparations
from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.generations.build import Draft, drafting
from weir.bffs.generations.configured_plans import without_compiled_plans
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.graph.sdl_copies import SdlCopies
from weir.bffs.telemetry.otel import exports
from weir.bffs.telemetry.sentry import check_sentry
from weir.gateway.clock import SystemClock
from weir.gateway.server.process.interpreter import gc_paused
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.upstreams.dependencies import Dependencies
from weir.resolvers.engine.preparation_queue import PreparationQueue


@asynccontextmanager
async def drafted(loaded: LoadedConfig) -> AsyncGenerator[Draft]:
    """Begin a generation that never serves; raises ConfigError.

    Services are called for their SDLs only.
    """
    dependencies = Dependencies(SystemClock(), Random(), FanOut([]))  # noqa: S311 - jitter
    unchecked = without_compiled_plans(without_health_checks(loaded))
    # Composing makes many objects, all of them in use: collections would find none.
    with gc_paused():
        async with drafting(unchecked, None, dependencies, SdlCopies()) as draft:
            yield draft


@asynccontextmanager
async def built(draft: Draft, blueprint: Blueprint) -> AsyncGenerator[Generation]:
    """Build a generation for a while; raises ConfigError if it cannot serve."""
    exports(blueprint.loaded)
    check_sentry(blueprint.loaded)
    limit = max_waiting_preparations(blueprint.loaded.config.server)
    queue = PreparationQueue(limit, draft.dependencies.clock)
    try:
        generation = await draft.generation(blueprint, queue)
        try:
            yield generation
        finally:
            await generation.close()
    finally:
        queue.close()


@asynccontextmanager
async def generation_of(loaded: LoadedConfig) -> AsyncGenerator[Generation]:
    """Build the generation of a configuration for a while.

    Raises ConfigError, CompositionFailed.
    """
    async with drafted(loaded) as draft:
        shared = await draft.drawing.shared_subgraphs()
        blueprint = await draft.drawing.blueprint(shared)
        async with built(draft, blueprint) as generation:
            yield generation
