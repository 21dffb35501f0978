"""From the configuration to the rules of costs, and the coordinates that do not fit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
)

from weir.bffs.config.model.limits.cost import CostSection
from weir.gateway.limits.cost import CostLimiter
from weir.gateway.limits.policy import CostLimit
from weir.resolvers.cost.limit import CostRules
from weir.resolvers.operation.suggestions import suggestion
from weir.resolvers.operation.wrappers import field_type, item_of, without_non_null
from weir.schema.graph.costs import CostTable


@dataclass(frozen=True, slots=True)
class CostProblem:
    """A coordinate of `weights` or `list_sizes` without effect."""

    key: Literal["weights", "list_sizes"]
    coordinate: str
    message: str


def cost_rules(
    section: CostSection,
    declared: CostTable,
    limiter: CostLimiter,
    subgraphs: Mapping[str, CostLimit],
) -> CostRules:
    """Return the rules of one façade; `declared` are the costs of its graph."""
    return CostRules(
        table=declared.changed(section.weights, section.list_sizes),
        list_size=section.list_size,
        limiter=limiter,
        subgraphs=subgraphs,
    )


def cost_problems(
    section: CostSection, schema: GraphQLSchema, declared: CostTable
) -> Iterator[CostProblem]:
    """Yield the coordinates that are not in the graph, or not of the right kind."""
    weighted, sized = set(_weighted(schema)), {*_lists(schema), *declared.list_sizes}
    for coordinate in section.weights:
        if coordinate not in weighted:
            kinds = "an object, scalar or enum type, nor a field or argument"
            yield CostProblem(
                "weights", coordinate, _message(coordinate, kinds, weighted)
            )
    for coordinate in section.list_sizes:
        if coordinate not in sized:
            kinds = "a field with a list"
            yield CostProblem(
                "list_sizes", coordinate, _message(coordinate, kinds, sized)
            )


def _message(coordinate: str, kinds: str, known: Iterable[str]) -> str:
    return f"is not {kinds}.{suggestion(coordinate, known)}"


def _weighted(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the coordinates that may have a weight.

    A field of an interface has those of its object types.
    """
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLScalarType | GraphQLEnumType):
            yield type_.name
        if isinstance(type_, GraphQLInputObjectType):
            yield from (f"{type_.name}.{name}" for name in type_.fields)
        if isinstance(type_, GraphQLObjectType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}"
                yield from (f"{type_.name}.{name}({each}:)" for each in field.args)


def _lists(schema: GraphQLSchema) -> Iterator[str]:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                if item_of(without_non_null(field_type(field))[0]) is not None:
                    yield f"{type_.name}.{name}"
