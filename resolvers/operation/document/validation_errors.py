"""Suggestions for the errors of graphql-core's validation.

For each error, graphql-core searches all names of the schema for suggestions, at a cost
that grows with the schema and the client's names. So this is switched off, and the
first errors get bounded suggestions here. Such errors are recognised by their text,
because graphql-core's errors have no codes.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)
from graphql.pyutils import did_you_mean

from weir.resolvers.operation.suggestions import SUGGESTIONS, suggestion

_Suggest: TypeAlias = Callable[..., str]


def with_suggestions(
    errors: Sequence[GraphQLError], schema: GraphQLSchema
) -> Iterator[GraphQLError]:
    """Yield the errors, the first few with a suggestion where there is one."""
    for index, error in enumerate(errors):
        hint = _hint(error.message, schema) if index < SUGGESTIONS else ""
        yield GraphQLError(f"{error.message}{hint}", error.nodes) if hint else error


def _hint(message: str, schema: GraphQLSchema) -> str:
    for pattern, suggest in _SUGGESTING:
        if match := pattern.match(message):
            return suggest(schema, *match.groups())
    return ""


def _field(schema: GraphQLSchema, name: str, type_name: str) -> str:
    type_ = schema.get_type(type_name)
    if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
        having = [t.name for t in schema.get_possible_types(type_) if name in t.fields]
        if having:
            return did_you_mean(having, "to use an inline fragment on")
    return suggestion(name, _fields_of(schema, type_name))


def _fields_of(schema: GraphQLSchema, type_name: str) -> Iterable[str]:
    type_ = schema.get_type(type_name)
    if isinstance(
        type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
    ):
        fields: Mapping[str, object] = type_.fields
        return fields
    return ()


def _input_field(schema: GraphQLSchema, type_name: str, name: str) -> str:
    return suggestion(name, _fields_of(schema, type_name))


def _type(schema: GraphQLSchema, name: str) -> str:
    return suggestion(name, schema.type_map)


def _argument(schema: GraphQLSchema, name: str, type_name: str, field_name: str) -> str:
    type_ = schema.get_type(type_name)
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    field = schema.get_field(type_, field_name)
    return suggestion(name, field.args) if field else ""


def _directive_argument(schema: GraphQLSchema, name: str, directive_name: str) -> str:
    directive = schema.get_directive(directive_name)
    return suggestion(name, directive.args) if directive else ""


def _enum_value(schema: GraphQLSchema, name: str, type_name: str) -> str:
    type_ = schema.get_type(type_name)
    return suggestion(name, type_.values) if isinstance(type_, GraphQLEnumType) else ""


def _quoted_enum_value(schema: GraphQLSchema, type_name: str, name: str) -> str:
    return _enum_value(schema, name, type_name)


_SUGGESTING: tuple[tuple[re.Pattern[str], _Suggest], ...] = tuple(
    (re.compile(pattern), suggest)
    for pattern, suggest in (
        (r"Cannot query field '(\w+)' on type '(\w+)'\.", _field),
        (r"Unknown type '(\w+)'\.", _type),
        (r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'\.", _argument),
        (r"Unknown argument '(\w+)' on directive '@(\w+)'\.", _directive_argument),
        (r"Value '(\w+)' does not exist in '(\w+)' enum\.", _enum_value),
        (
            r"Enum '(\w+)' cannot represent non-enum value: \"(\w+)\"\.",
            _quoted_enum_value,
        ),
        (
            r"Expected value of type '(\w+)!?' not to include unknown field '(\w+)',",
            _input_field,
        ),
    )
)
