"""From a blueprint and its upstreams to the generation: façades, limits and routes."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.server import route_policy
from weir.bffs.config.policies.signing import token_keys
from weir.bffs.extensions.override_labels import override_policy
from weir.bffs.facades.build import FacadeBuild
from weir.bffs.facades.engine_build import EngineBuild
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph
from weir.bffs.generations.blueprint import Blueprint, GraphBlueprint
from weir.bffs.generations.configured_plans import configured_plans
from weir.bffs.generations.facade_steps import ConfiguredSteps, configured_steps
from weir.bffs.generations.generation import Generation, Served
from weir.bffs.generations.geography import configured_geography
from weir.bffs.generations.graph.sources import SourceFactory
from weir.bffs.generations.identification import Identification
from weir.bffs.generations.limits.configured import ConfiguredLimits, configured_limits
from weir.bffs.generations.own_routes import (
    OwnRoute,
    jwks_route,
    status_routes,
    usage_route,
)
from weir.bffs.generations.route_table import route_table
from weir.bffs.generations.routes.plain_routes import plain_routes
from weir.bffs.generations.series import check_series, label_values
from weir.bffs.generations.template_parts import NO_PARTS, TemplateParts
from weir.gateway.edge.steps import BASE_STEPS
from weir.gateway.geography.place import nowhere
from weir.gateway.limits.operations import StatesByOperation
from weir.gateway.routes.host_paths import HostPaths
from weir.gateway.routes.matching.index import RuleIndex
from weir.gateway.routes.router import Router
from weir.gateway.routes.table import RouteTable
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.registry import Registry
from weir.resolvers.engine.compiled_plans import CompiledPlans
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.overrides import OverridePolicy
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import Supergraph, read_supergraph


@dataclass(frozen=True, slots=True)
class Realisation:
    """Makes a generation of a blueprint, over the upstreams of `registry`.

    `supergraphs` are those that have been read already, by their SDL. `parts` are not
    made again. `began_s` is the time of the beginning.
    """

    blueprint: Blueprint
    registry: Registry
    dependencies: Dependencies
    queue: PreparationQueue
    previous: Generation | None
    supergraphs: Mapping[str, Supergraph]
    identification: Identification
    began_s: float
    parts: TemplateParts = NO_PARTS
    graphs: dict[MadeFrom, ViewedGraph] = field(
        init=False, default_factory=dict[MadeFrom, ViewedGraph]
    )

    async def generation(self) -> Generation:
        """Return the generation; raises ConfigError with every failure of a step."""
        loaded = self.blueprint.loaded
        clock, previous = self.dependencies.clock, self.previous
        before = previous.geography if previous else None
        geography = await asyncio.to_thread(configured_geography, loaded, before, clock)
        limits = self._limits()
        facades = await self._facades(limits)
        steps = self._steps(facades, limits)
        table = await asyncio.to_thread(
            route_table,
            facades,
            loaded.document,
            route_policy(loaded.config.server),
            steps.facades,
            tuple(self._own_routes(facades, limits, steps)),
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
        served = Served(
            facades,
            _by_host(loaded.config, table, plain),
            self.graphs,
            limits,
            self.identification,
            geography,
            labels,
        )
        return Generation(
            self.blueprint, self.registry, served, self.began_s, clock.monotonic_s()
        )

    def _limits(self) -> ConfiguredLimits:
        return configured_limits(
            self.blueprint.loaded.config,
            self.previous.limits if self.previous else None,
            self.dependencies.clock,
            self.dependencies.limit_states,
            self.registry,
        )

    def _steps(
        self, facades: Iterable[Facade], limits: ConfiguredLimits
    ) -> ConfiguredSteps:
        config, sink = self.blueprint.loaded.config, self.dependencies.sink
        return configured_steps(
            config,
            self.identification.steps(config, sink),
            limits,
            self.dependencies.clock,
            sink=sink,
            operations=_states_by_operation(facades),
        )

    def _own_routes(
        self,
        facades: Iterable[Facade],
        limits: ConfiguredLimits,
        steps: ConfiguredSteps,
    ) -> Iterator[OwnRoute]:
        loaded, clock = self.blueprint.loaded, self.dependencies.clock
        for name, plans in limits.plans.items():
            path = loaded.config.facades[name].path
            yield usage_route(name, path, plans, steps.usage[name], clock)
        identity = loaded.config.identity
        if identity is not None and identity.signing is not None:
            from weir.gateway.identity.signing import jwk_set  # noqa: PLC0415

            yield jwks_route(identity.signing.jwks_path, jwk_set(token_keys(loaded)))
        factory = SourceFactory(loaded, self.registry)
        for facade in facades:
            yield from status_routes(
                facade,
                factory.upstreams(facade.name, facade.engine.view.graph),
                self.registry.snapshot,
                steps.facades.get(facade.name, BASE_STEPS),
            )

    async def _facades(self, limits: ConfiguredLimits) -> tuple[Facade, ...]:
        loaded = self.blueprint.loaded
        compiled = await asyncio.to_thread(configured_plans, loaded)
        overrides = await asyncio.to_thread(override_policy, loaded)
        facades: list[Facade] = []
        for name in loaded.config.facades:
            viewed = await self._viewed(self.blueprint.graphs[name])
            engine = self._engine_build(name, viewed, limits, compiled, overrides)
            build = self._facade_build(name, engine, limits)
            stored = self.blueprint.stored.get(name, ())
            facades.append(await asyncio.to_thread(build.facade, name, stored))
        return tuple(facades)

    def _engine_build(
        self,
        name: str,
        viewed: ViewedGraph,
        limits: ConfiguredLimits,
        compiled: CompiledPlans | None,
        overrides: OverridePolicy,
    ) -> EngineBuild:
        loaded, previous = self.blueprint.loaded, self._previous(name)
        blueprint = self.blueprint.graphs[name]
        factory = SourceFactory(loaded, self.registry)
        return EngineBuild(
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
                previous.engine.operations
                if previous
                else self.parts.operations.get(name)
            ),
            compiled=compiled,
        )

    def _facade_build(
        self, name: str, engine: EngineBuild, limits: ConfiguredLimits
    ) -> FacadeBuild:
        stored = self.blueprint.stored.get(name, ())
        documents = {each.qualified_name: each.text for each in stored}
        sink = self.dependencies.sink
        factory = SourceFactory(self.blueprint.loaded, self.registry)
        return FacadeBuild(
            engine_build=engine,
            operation_limits=limits.of_operations(name, documents, sink),
            sink=sink,
            documents=self.dependencies.documents,
            previous=self._previous(name),
            coalesced=factory.coalesced(name, engine.viewed.graph),
        )

    def _previous(self, name: str) -> Facade | None:
        facades = self.previous.facades if self.previous else ()
        return next((each for each in facades if each.name == name), None)

    async def _viewed(self, graph: GraphBlueprint) -> ViewedGraph:
        made_from = graph.made_from
        known = self.graphs.get(made_from) or self.parts.graphs.get(made_from)
        if known is None and self.previous is not None:
            known = self.previous.graphs.get(made_from)
        if known is None:
            known = await asyncio.to_thread(self._read, graph.supergraph_sdl)
        self.graphs[made_from] = known
        return known

    def _read(self, supergraph_sdl: str) -> ViewedGraph:
        known = self.supergraphs.get(supergraph_sdl)
        return ViewedGraph(Graph.of(known or read_supergraph(supergraph_sdl)))


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
