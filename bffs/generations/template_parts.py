"""The parts of a generation that are the same in each process that serves it.

A process without threads and connections makes them. The workers that it forks share
its memory: the graphs, and the stored operations with their plans and compiled code.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from weir.bffs.config.errors import ConfigError
from weir.bffs.facades.client_schema import client_schema
from weir.bffs.facades.engine_build import EngineBuild
from weir.bffs.facades.graph_views import MadeFrom, ViewedGraph
from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.generations.configured_plans import configured_plans
from weir.bffs.generations.limits.configured import configured_limits
from weir.gateway.clock import SystemClock
from weir.gateway.identity.policies.policies import NO_POLICIES
from weir.gateway.upstreams.writes import Writes
from weir.resolvers.engine.operations import Operations
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.overrides import OverridePolicy
from weir.resolvers.sources.unbound import UNBOUND
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph


@dataclass(frozen=True, slots=True)
class TemplateParts:
    """The graphs, and the stored operations by façade, bound to no sources."""

    graphs: Mapping[MadeFrom, ViewedGraph]
    operations: Mapping[str, Operations]


NO_PARTS: Final = TemplateParts({}, {})


def template_parts(blueprint: Blueprint) -> TemplateParts:
    """Read the graphs of a blueprint, and prepare its stored operations.

    Python code of users is not imported. Its threads and connections would be those of
    all workers.
    """
    graphs = _graphs(blueprint)
    return TemplateParts(graphs, dict(_operations(blueprint, graphs)))


def _graphs(blueprint: Blueprint) -> dict[MadeFrom, ViewedGraph]:
    """Return the graphs, with the schemas of all façades."""
    graphs: dict[MadeFrom, ViewedGraph] = {}
    for facade, graph in blueprint.graphs.items():
        if graph.made_from not in graphs:
            read = read_supergraph(graph.supergraph_sdl)
            graphs[graph.made_from] = ViewedGraph(Graph.of(read))
        client_schema(blueprint.loaded, graphs[graph.made_from], facade)
    return graphs


def _operations(
    blueprint: Blueprint, graphs: Mapping[MadeFrom, ViewedGraph]
) -> Iterator[tuple[str, Operations]]:
    loaded, clock = blueprint.loaded, SystemClock()
    queue, writes = PreparationQueue(0, clock), Writes()
    compiled = configured_plans(loaded)
    limits = configured_limits(loaded.config, None, clock)
    for name, graph in blueprint.graphs.items():
        viewed = graphs[graph.made_from]
        build = EngineBuild(
            loaded=loaded,
            viewed=viewed,
            supergraph_sdl=graph.supergraph_sdl,
            sources={each.name: UNBOUND for each in viewed.graph.supergraph.subgraphs},
            upstreams={},
            policies=NO_POLICIES,
            overrides=OverridePolicy(),
            costs=limits.costs.get(name),
            queue=queue,
            clock=clock,
            writes=writes,
            before=None,
            compiled=compiled,
        )
        # Each worker reports what is invalid, when it builds the façade.
        with suppress(ConfigError):
            built = build.engine(name, blueprint.stored.get(name, ()))
            yield name, built.engine.operations
