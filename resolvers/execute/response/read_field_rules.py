"""The rules for fields, checked against the schema of their façade."""

from collections.abc import Iterable
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    is_leaf_type,
    is_named_type,
)

from weir.gateway.json_types import JSONValue, is_list
from weir.resolvers.execute.response.field_rules import FieldRule, FieldRules, StandIn
from weir.resolvers.execute.response.scalars import coercion, exact_types, is_custom
from weir.resolvers.operation.rule_coordinates import RuleProblem, look_up_field
from weir.resolvers.operation.wrappers import (
    argument_type,
    field_type,
    item_of,
    without_non_null,
)

_LARGEST_INT: Final = 2**31 - 1


def read_field_rules(
    rules: FieldRules, schema: GraphQLSchema
) -> tuple[FieldRules, tuple[RuleProblem, ...]]:
    """Check rules; return those that are valid, and the problems of the others.

    The rule of an interface's field holds for its object types, unless they have one
    of their own.
    """
    read: dict[str, FieldRule] = {}
    problems: list[RuleProblem] = []
    for coordinate, rule in rules.items():
        found = _look_up(coordinate, schema)
        if isinstance(found, str):
            problems.append(RuleProblem(coordinate, found))
            continue
        owner, selected = found
        message = _misfit(rule, selected)
        if message:
            problems.append(RuleProblem(coordinate, message))
            continue
        read[coordinate] = rule
        field = coordinate.partition(".")[2]
        for each in _implementing(owner, schema):
            if f"{each}.{field}" not in rules:
                read[f"{each}.{field}"] = rule
    return read, tuple(problems)


def _look_up(
    coordinate: str, schema: GraphQLSchema
) -> tuple[GraphQLNamedType, GraphQLField] | str:
    """Return the type with a field and the field, or an error message."""
    type_name, _, field_name = coordinate.partition(".")
    if not type_name or not field_name.isidentifier():
        return "is not the coordinate of a field, such as Title.reviews."
    return look_up_field(type_name, field_name, schema)


def _implementing(type_: GraphQLNamedType, schema: GraphQLSchema) -> Iterable[str]:
    if not isinstance(type_, GraphQLInterfaceType):
        return ()
    found = schema.get_implementations(type_)
    return [each.name for each in (*found.objects, *found.interfaces)]


def _misfit(rule: FieldRule, field: GraphQLField) -> str:
    """Return why a rule does not fit a field, or the empty text."""
    if rule.most_items is not None:
        return _list_misfit(field)
    if rule.most_graphemes is not None:
        return _text_misfit(field_type(field))
    type_ = field_type(field)
    if not isinstance(rule.degraded, StandIn):
        return ""
    value = rule.degraded.value
    if is_list(value) and not value:
        is_a_list = item_of(without_non_null(type_)[0]) is not None
        return "" if is_a_list else f"its type {type_} is not a list."
    return _value_misfit(value, type_)


def _list_misfit(field: GraphQLField) -> str:
    if item_of(without_non_null(field_type(field))[0]) is None:
        return f"its type {field_type(field)} is not a list."
    sizes = (
        name
        for name, argument in field.args.items()
        if str(argument_type(argument)).rstrip("!") == "Int"
    )
    if size := next(sizes, None):
        return f"its argument {size} limits the list; give that a maximum instead."
    return ""


def _text_misfit(type_: GraphQLType) -> str:
    inner, _ = without_non_null(type_)
    while (item := item_of(inner)) is not None:
        inner, _ = without_non_null(item)
    return "" if str(inner) == "String" else f"its type {type_} is not a String."


def _value_misfit(value: JSONValue, type_: GraphQLType) -> str:
    inner, is_non_null = without_non_null(type_)
    if value is None:
        return f"null does not fit {type_}." if is_non_null else ""
    item = item_of(inner)
    if item is not None:
        if not is_list(value):
            return f"the value is not a list, its type is {type_}."
        return next(filter(None, (_value_misfit(each, item) for each in value)), "")
    if not is_named_type(inner) or not is_leaf_type(inner):
        return f"a value needs a scalar, an enum or a list of these, not {type_}."
    if not _fits(value, inner):
        return f"the value {value!r} does not fit {type_}."
    return ""


def _fits(value: JSONValue, type_: GraphQLScalarType | GraphQLEnumType) -> bool:
    if isinstance(type_, GraphQLEnumType):
        return isinstance(value, str) and value in type_.values
    if is_custom(type_):
        return True
    if type_.name == "Int" and isinstance(value, int) and abs(value) > _LARGEST_INT:
        return False
    return value.__class__ in exact_types(type_) or coercion(type_)(value) is not None
