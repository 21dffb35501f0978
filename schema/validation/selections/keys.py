"""Predicates of `@key`."""

from graphql import BooleanValueNode, GraphQLError

from weir.schema.model.definitions import Applied
from weir.schema.model.field_set import parse_field_set
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.selections.selections import (
    InvalidFieldSet,
    check_selections,
)


def is_resolvable(key: Applied) -> bool:
    """Return whether other subgraphs may enter by the key."""
    value = key.arguments.get("resolvable")
    return not (isinstance(value, BooleanValueNode) and not value.value)


def is_valid(key: Applied, subgraph: SubgraphSchema, type_name: str) -> bool:
    """Return whether a key selects fields that its type has."""
    fields = key.text("fields")
    if fields is None:
        return False
    try:
        check_selections(subgraph, type_name, parse_field_set(fields))
    except (GraphQLError, InvalidFieldSet):
        return False
    return True
