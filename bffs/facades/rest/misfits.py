"""Checks of `@param` against the types of variables, when a façade is built."""

from collections.abc import Iterator

from graphql import GraphQLInputObjectType, GraphQLSchema, GraphQLType

from weir.bffs.config.errors import Problem
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.param_directive import (
    DeclaredParameter,
    ParameterPlace,
    ParameterStyle,
)
from weir.bffs.facades.stored.variable_types import variable_types
from weir.resolvers.operation.wrappers import (
    input_field_type,
    item_of,
    without_non_null,
)


def parameter_problems(
    stored: StoredOperation, schema: GraphQLSchema
) -> Iterator[Problem]:
    """Yield a problem for each variable whose type has no form of the declared kind."""
    if not stored.parameters:
        return
    types = variable_types(stored.definition, schema)
    for name, declared in stored.parameters.items():
        if misfit := _misfit(declared, types[name]):
            message = f"@param: ${name} is of type {types[name]}, and {misfit}"
            yield stored.problem(declared.position, message)


def _misfit(declared: DeclaredParameter, type_: GraphQLType) -> str:
    is_input = isinstance(type_, GraphQLInputObjectType)
    if declared.place is ParameterPlace.BODY:
        return "" if is_input else "a whole body is an input object"
    if declared.place is ParameterPlace.HEADER:
        return (
            "" if _is_plain(type_) else "a header field is a scalar or a list of them"
        )
    if declared.style is ParameterStyle.DEEP_OBJECT:
        return _deep_object_misfit(type_)
    if declared.style is ParameterStyle.COMMA:
        is_list = item_of(type_) is not None and _is_plain(type_)
        return "" if is_list else "`style: COMMA` is for lists of scalars or enums"
    return ""


def _deep_object_misfit(type_: GraphQLType) -> str:
    if not isinstance(type_, GraphQLInputObjectType):
        return "`style: DEEP_OBJECT` is for input objects"
    for name, declared in type_.fields.items():
        type_of_field, _ = without_non_null(input_field_type(declared))
        if item_of(type_of_field) or not _is_plain(type_of_field):
            # OpenAPI 3.1 §4.8.12.3 defines the style for one level.
            return f"`style: DEEP_OBJECT` has no form for the list or object `{name}`"
    return ""


def _is_plain(type_: GraphQLType) -> bool:
    """Return whether a value is a scalar or an enum, or a list of them."""
    item = item_of(type_)
    inner = type_ if item is None else without_non_null(item)[0]
    return item_of(inner) is None and not isinstance(inner, GraphQLInputObjectType)
