"""The schema that clients of a façade see, and the device rules of its arguments."""

from graphql import GraphQLSchema

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.facade import FacadeSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.facades.contract_tags import TagProblem, tag_problems
from weir.bffs.facades.graph_views import ViewedGraph
from weir.resolvers.operation.variables.device_arguments import (
    ArgumentRule,
    Coordinate,
    read_rules,
)
from weir.schema.contracts import Contract


def client_schema(
    loaded: LoadedConfig, viewed: ViewedGraph, facade: str
) -> GraphQLSchema:
    """Return what the contract of a façade leaves visible; raises ConfigError."""
    contract = loaded.config.facades[facade].contract
    if problems := tuple(tag_problems(contract, viewed.tags)):
        raise ConfigError(*(_tag_problem(loaded, facade, each) for each in problems))
    wanted = Contract(
        include=frozenset(contract.include),
        exclude=frozenset(contract.exclude),
        hide_unreachable=True,
    )
    schema = viewed.schema(wanted)
    if isinstance(schema, GraphQLSchema):
        return schema
    path: DataPath = ("facades", facade, "contract")
    texts = (f"facades.{facade}.contract: {each}" for each in schema)
    raise ConfigError(*(loaded.document.problem(path, text) for text in texts))


def device_rules(
    loaded: LoadedConfig, schema: GraphQLSchema, facade: str
) -> dict[Coordinate, ArgumentRule]:
    """Return the device rules of a façade with this schema; raises ConfigError."""
    rules, problems = read_rules(_written(loaded.config.facades[facade]), schema)
    if problems:
        raise ConfigError(
            *(
                _device_problem(loaded, facade, each.coordinate, each.message)
                for each in problems
            )
        )
    return rules


def device_coordinates(
    loaded: LoadedConfig, viewed: ViewedGraph
) -> frozenset[Coordinate]:
    """Return each coordinate that some façade has a rule for: plans are shared."""
    found: set[Coordinate] = set()
    for facade in loaded.config.facades.values():
        rules, _ = read_rules(_written(facade), viewed.graph.supergraph.api_schema)
        found |= rules.keys()
    return frozenset(found)


def _written(facade: FacadeSection) -> dict[str, ArgumentRule]:
    return {
        coordinate: ArgumentRule(default=rule.default, maximum=rule.max)
        for coordinate, rule in facade.device.arguments.items()
    }


def _tag_problem(loaded: LoadedConfig, facade: str, each: TagProblem) -> Problem:
    path: DataPath = ("facades", facade, "contract", each.key, each.index)
    text = f"facades.{facade}.contract.{each.key}: {each.message}"
    return loaded.document.problem(path, text)


def _device_problem(
    loaded: LoadedConfig, facade: str, coordinate: str, message: str
) -> Problem:
    path: DataPath = ("facades", facade, "device", "arguments", coordinate)
    text = f"facades.{facade}.device.arguments: {coordinate}: {message}"
    return loaded.document.problem(path, text)
