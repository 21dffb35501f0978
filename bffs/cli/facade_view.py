"""The view of a graph that operations are planned for: a façade's, or all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graphql import GraphQLSchema

from weir.bffs.cli.draft import drafted
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.policies.operation_limits import operation_limits
from weir.bffs.config.text_file import UnreadableFile, read_argument
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.client_schema import (
    client_schema,
    device_coordinates,
    device_rules,
)
from weir.bffs.facades.graph_views import ViewedGraph
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.generations.blueprint import facade_operations
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS, OperationLimits
from weir.resolvers.operation.variables.device_arguments import ArgumentRule, Coordinate
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import SupergraphError, read_supergraph


@dataclass(frozen=True, slots=True, kw_only=True)
class FacadeView:
    """A graph, and the schema that clients see of it.

    `rules` are the device rules of the façade. `coordinates` are the arguments that any
    façade has a rule for. `stored` are the stored operations by id. `served` is the
    configuration with the name of the façade, None for a graph alone.
    """

    graph: Graph
    schema: GraphQLSchema
    limits: OperationLimits = DEFAULT_LIMITS
    coordinates: frozenset[Coordinate] = frozenset()
    rules: Mapping[Coordinate, ArgumentRule] = field(
        default_factory=dict[Coordinate, ArgumentRule]
    )
    stored: Mapping[str, StoredOperation] = field(
        default_factory=dict[str, StoredOperation]
    )
    served: tuple[LoadedConfig, str] | None = None


def supergraph_view(file: Path) -> FacadeView:
    """Return the view of all of a supergraph; raises ConfigError."""
    try:
        graph = Graph.of(read_supergraph(read_argument(file)))
    except UnreadableFile as error:
        message = f"cannot be read: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except SupergraphError as error:
        raise ConfigError(Problem(file=str(file), message=str(error))) from error
    return FacadeView(graph=graph, schema=graph.supergraph.api_schema)


async def facade_view(config: Path, facade: str | None) -> FacadeView:
    """Return the view of a façade; None is the only façade of the configuration.

    Raises ConfigError, CompositionFailed.
    """
    loaded = load_config(config, environment(config.parent))
    name = chosen_facade(loaded, facade)
    async with drafted(loaded) as draft:
        shared = await draft.drawing.shared_subgraphs()
        graph = await draft.drawing.facade_graph(name, shared)
    viewed = ViewedGraph(Graph.of(read_supergraph(graph.supergraph_sdl)))
    schema = client_schema(loaded, viewed, name)
    return FacadeView(
        graph=viewed.graph,
        schema=schema,
        limits=operation_limits(loaded.config, name).enforced,
        coordinates=device_coordinates(loaded, viewed),
        rules=device_rules(loaded, schema, name),
        stored=_stored(loaded, name),
        served=(loaded, name),
    )


def _stored(loaded: LoadedConfig, facade: str) -> Mapping[str, StoredOperation]:
    return {
        identifier: each
        for each in facade_operations(loaded, facade)
        for identifier in each.ids
    }


def chosen_facade(
    loaded: LoadedConfig, name: str | None, by: str = "by --facade"
) -> str:
    """Return the name of a façade; None is the only one. Raises ConfigError.

    `by` is how a command takes it.
    """
    names = [*loaded.config.facades]
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return name
    known = ", ".join(names) or "none"
    message = (
        unknown("façade", name, names)
        if name
        else f"choose one {by}; there are: {known}"
    )
    raise ConfigError(Problem(message=message))
