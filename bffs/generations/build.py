"""From a configuration to the generation that serves it.

    policies -> registry -> draft -> blueprint -> façades -> routes -> generation

The serving generation is not changed, so that a failure leaves it as it is. Pure
computation runs in a thread while requests are served. A graph that is equal to one of
the serving generation is taken from it.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.server import route_policy
from weir.bffs.config.policies.signing import token_keys
from weir.bffs.config.policies.upstream import upstream_policies
from weir.bffs.extensions.override_labels import override_policy
from weir.bffs.facades.build import FacadeBuild
from weir.bffs.facades.engine_build import EngineBuild
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph
from weir.bffs.generations.blueprint import Blueprint, Drawing, GraphBlueprint
from weir.bffs.generations.configured_plans import configured_plans
from weir.bffs.generations.facade_steps import ConfiguredSteps, configured_steps
from weir.bffs.generations.generation import Generation, Served
from weir.bffs.generations.geography import configured_geography
from weir.bffs.generations.graph.sdl_copies import SdlCopies
from weir.bffs.generations.graph.sources import SourceFactory
from weir.bffs.generations.graph.subgraphs import SubgraphLoader, start_context
from weir.bffs.generations.graph.supergraph_file import (
    SupergraphFile,
    read_supergraph_file,
    remote_subgraphs,
    subgraph_policy,
)
from weir.bffs.generations.identification import Identification, identify_callers
from weir.bffs.generations.limits.configured import ConfiguredLimits, configured_limits
from weir.bffs.generations.route_table import (
    OwnRoute,
    jwks_route,
    route_table,
    status_routes,
    usage_route,
)
from weir.bffs.generations.routes.plain_routes import plain_routes
from weir.bffs.generations.series import check_series, label_values
from weir.bffs.generations.template_parts import TemplateParts
from weir.bffs.generations.upstream_registry import new_registry
from weir.gateway.clock import Clock
from weir.gateway.edge.steps import BASE_STEPS
from weir.gateway.geography.place import nowhere
from weir.gateway.limits.operations import StatesByOperation
from weir.gateway.routes.host_paths import HostPaths
from weir.gateway.routes.matching.index import RuleIndex
from weir.gateway.routes.router import Router
from weir.gateway.routes.table import RouteTable
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.factories import TransportFactory, new_transport
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.registry import Registry
from weir.resolvers.engine.compiled_plans import CompiledPlans
from weir.resolvers.engine.operations import Operations
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.overrides import OverridePolicy
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import Supergraph, read_supergraph


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
            dict(parts.graphs),
            parts.operations,
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


def _own_routes(
    loaded: LoadedConfig, limits: ConfiguredLimits, steps: ConfiguredSteps, clock: Clock
) -> list[OwnRoute]:
    facades, identity = loaded.config.facades, loaded.config.identity
    own = [
        usage_route(name, facades[name].path, plans, steps.usage[name], clock)
        for name, plans in limits.plans.items()
    ]
    if identity is not None and identity.signing is not None:
        from weir.gateway.identity.signing import jwk_set  # noqa: PLC0415

        keys = jwk_set(token_keys(loaded))
        own.append(jwks_route(identity.signing.jwks_path, keys))
    return own


def _states_by_operation(facades: Iterable[Facade]) -> dict[str, StatesByOperation]:
    limits = {each.name: each.operation_limits for each in facades}
    return {name: each.states for name, each in limits.items() if each is not None}


def _by_host(
    config: Config, table: RouteTable, plain: RuleIndex | None
) -> RouteTable | Router | HostPaths:
    """Return the routes of all hosts, of those with a façade of their own, too."""
    router = table if plain is None else Router(table, plain)
    prefixes = {
        host: facade.path for facade in config.facades.values() for host in facade.hosts
    }
    return HostPaths(prefixes, table, router) if prefixes else router


@dataclass(frozen=True, slots=True)
class Realisation:
    """Makes a generation of a blueprint, over the upstreams of `registry`.

    `supergraphs` are those that have been read already, by their SDL. `operations` have
    been prepared for the façades. `began_s` is the time of the beginning.
    """

    blueprint: Blueprint
    registry: Registry
    dependencies: Dependencies
    queue: PreparationQueue
    previous: Generation | None
    supergraphs: Mapping[str, Supergraph]
    identification: Identification
    began_s: float
    graphs: dict[MadeFrom, ViewedGraph] = field(
        default_factory=dict[MadeFrom, ViewedGraph]
    )
    operations: Mapping[str, Operations] = field(default_factory=dict[str, Operations])

    async def generation(self) -> Generation:
        """Return the generation; raises ConfigError with every failure of a step."""
        loaded = self.blueprint.loaded
        clock, previous = self.dependencies.clock, self.previous
        before = previous.geography if previous else None
        geography = await asyncio.to_thread(configured_geography, loaded, before, clock)
        compiled = await asyncio.to_thread(configured_plans, loaded)
        overrides = await asyncio.to_thread(override_policy, loaded)
        limits = configured_limits(
            loaded.config,
            previous.limits if previous else None,
            clock,
            self.dependencies.limit_states,
            self.registry,
        )
        facades = [
            await self._facade(name, limits, compiled, overrides)
            for name in loaded.config.facades
        ]
        access = self.identification.steps(loaded.config, self.dependencies.sink)
        steps = configured_steps(
            loaded.config,
            access,
            limits,
            clock,
            sink=self.dependencies.sink,
            operations=_states_by_operation(facades),
        )
        table = await asyncio.to_thread(
            route_table,
            facades,
            loaded.document,
            route_policy(loaded.config.server),
            steps.facades,
            [
                *_own_routes(loaded, limits, steps, clock),
                *self._status_routes(facades, steps),
            ],
        )
        plain = await asyncio.to_thread(
            plain_routes,
            loaded,
            facades,
            table,
            self.registry,
            steps.routes,
            dependencies=self.dependencies,
            place_of=geography.place_of if geography else nowhere,
        )
        labels = label_values(
            loaded,
            facades,
            table.labels | plain.labels if plain else table.labels,
            self.registry.snapshot(),
        )
        check_series(loaded, labels)
        return Generation(
            self.blueprint,
            self.registry,
            Served(
                tuple(facades),
                _by_host(loaded.config, table, plain),
                self.graphs,
                limits,
                self.identification,
                geography,
                labels,
            ),
            self.began_s,
            clock.monotonic_s(),
        )

    def _status_routes(
        self, facades: Iterable[Facade], steps: ConfiguredSteps
    ) -> Iterator[OwnRoute]:
        factory = SourceFactory(self.blueprint.loaded, self.registry)
        for facade in facades:
            yield from status_routes(
                facade,
                factory.upstreams(facade.name, facade.engine.view.graph),
                self.registry.snapshot,
                steps.facades.get(facade.name, BASE_STEPS),
            )

    async def _facade(
        self,
        name: str,
        limits: ConfiguredLimits,
        compiled: CompiledPlans | None,
        overrides: OverridePolicy,
    ) -> Facade:
        loaded, previous = self.blueprint.loaded, self._previous(name)
        blueprint = self.blueprint.graphs[name]
        viewed = await self._viewed(blueprint)
        factory = SourceFactory(loaded, self.registry)
        stored = self.blueprint.stored.get(name, ())
        documents = {each.qualified_name: each.text for each in stored}
        sink = self.dependencies.sink
        build = EngineBuild(
            loaded=loaded,
            viewed=viewed,
            supergraph_sdl=blueprint.supergraph_sdl,
            sources=factory.sources(name, viewed.graph, blueprint.root_names),
            upstreams={
                each: self.registry.upstream(each) for each in loaded.config.upstreams
            },
            policies=self.identification.policies,
            overrides=overrides,
            costs=limits.costs.get(name),
            queue=self.queue,
            clock=self.dependencies.clock,
            writes=self.dependencies.writes,
            before=(
                previous.engine.operations if previous else self.operations.get(name)
            ),
            compiled=compiled,
        )
        facade = FacadeBuild(
            engine_build=build,
            operation_limits=limits.of_operations(name, documents, sink),
            sink=sink,
            documents=self.dependencies.documents,
            previous=previous,
            coalesced=factory.coalesced(name, viewed.graph),
        )
        return await asyncio.to_thread(facade.facade, name, stored)

    def _previous(self, name: str) -> Facade | None:
        facades = self.previous.facades if self.previous else ()
        return next((each for each in facades if each.name == name), None)

    async def _viewed(self, graph: GraphBlueprint) -> ViewedGraph:
        made_from = graph.made_from
        known = self.graphs.get(made_from)
        if known is None and self.previous is not None:
            known = self.previous.graphs.get(made_from)
        if known is None:
            known = await asyncio.to_thread(self._read, graph.supergraph_sdl)
        self.graphs[made_from] = known
        return known

    def _read(self, supergraph_sdl: str) -> ViewedGraph:
        known = self.supergraphs.get(supergraph_sdl)
        return ViewedGraph(Graph.of(known or read_supergraph(supergraph_sdl)))
