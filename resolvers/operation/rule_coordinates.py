"""The coordinates that rules of a configuration have, looked up in a schema."""

from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
)

from weir.resolvers.operation.suggestions import suggestion


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """An error in the rule of a coordinate."""

    coordinate: str
    message: str


def look_up_field(
    type_name: str, field_name: str, schema: GraphQLSchema
) -> tuple[GraphQLObjectType | GraphQLInterfaceType, GraphQLField] | str:
    """Return a field and its type, or an error message."""
    type_ = schema.type_map.get(type_name)
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        hint = suggestion(type_name, schema.type_map)
        return f"there is no object or interface type {type_name}.{hint}"
    field = type_.fields.get(field_name)
    if field is None:
        hint = suggestion(field_name, type_.fields)
        return f"{type_name} has no field {field_name}.{hint}"
    return type_, field
