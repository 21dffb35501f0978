"""REST parameters as the variables of an operation: text in, raw JSON values out.

Only the shape is decided here (numbers, booleans, lists); whether a value fits its
GraphQL type is said by variable coercion, which names the variable and the place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from graphql import (
    GraphQLInputObjectType,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    TypeNode,
)

from bffs.errors import InvalidParameter
from bffs.json_body import json_object
from bffs.operations import StoredOperation
from bffs.query_string import query_pairs, utf8_text
from resolvers.json_types import JSONObject, JSONValue

# Longer ones fit no Int; Python refuses to read those of thousands of digits.
_INT = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class ParameterType:
    """What a parameter's text stands for: a list of it, or one; and of which kind."""

    name: str
    many: bool
    structured: bool


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one operation, by the names of its variables."""

    types: Mapping[str, ParameterType]

    def from_path(self, segments: tuple[tuple[str, bytes], ...]) -> JSONObject:
        """Decode the segments of a path that are parameters, by name."""
        return {
            name: self.value(
                name, [utf8_text(raw, f'The parameter "{name}"', InvalidParameter)]
            )
            for name, raw in segments
        }

    def from_query(self, query: str) -> JSONObject:
        """Decode a query string; raises InvalidParameter for one that is unknown."""
        return {
            name: self.value(name, texts)
            for name, texts in query_pairs(query, InvalidParameter)
        }

    def from_body(self, body: bytes) -> JSONObject:
        """Decode a JSON object whose members are variables; an empty body is none."""
        if not body:
            return {}
        members = json_object(body, InvalidParameter)
        for name in members:
            self._require_known(name)
        return members

    def value(self, name: str, texts: list[str]) -> JSONValue:
        """Return the raw JSON value of a parameter given as text, once or repeated."""
        self._require_known(name)
        kind = self.types[name]
        if kind.many:
            return [_scalar(kind, name, text) for text in texts]
        if len(texts) > 1:
            message = (
                f'The parameter "{name}" is given {len(texts)} times, expected once.'
            )
            raise InvalidParameter(message)
        return _scalar(kind, name, texts[0])

    def _require_known(self, name: str) -> None:
        if name not in self.types:
            known = ", ".join(sorted(self.types)) or "none"
            message = f'There is no parameter "{name[:64]}"; there are: {known}.'
            raise InvalidParameter(message)


def parameters_of(operation: StoredOperation, schema: GraphQLSchema) -> Parameters:
    """Return the parameters of `operation`, typed by its variables."""
    return Parameters(
        {
            node.variable.name.value: _parameter_type(node.type, schema)
            for node in operation.definition.variable_definitions or ()
        }
    )


def _parameter_type(node: TypeNode, schema: GraphQLSchema) -> ParameterType:
    match node:
        case NonNullTypeNode():
            return _parameter_type(node.type, schema)
        case ListTypeNode():
            item = _parameter_type(node.type, schema)
            # A list of lists has no form in a query string: its items are JSON.
            return ParameterType(
                item.name, many=True, structured=item.many or item.structured
            )
        case NamedTypeNode():
            name = node.name.value
            structured = isinstance(schema.get_type(name), GraphQLInputObjectType)
            return ParameterType(name, many=False, structured=structured)
        case _:
            message = f"unexpected type node {node.kind}"
            raise AssertionError(message)


def _scalar(kind: ParameterType, name: str, text: str) -> JSONValue:
    if kind.structured:
        return _json(name, text)
    if kind.name == "Int" and _INT.fullmatch(text):
        return int(text)
    if kind.name == "Float" and _FLOAT.fullmatch(text):
        return float(text)
    if kind.name == "Boolean":
        return _BOOLEANS.get(text, text)
    return text


def _json(name: str, text: str) -> JSONValue:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f'The parameter "{name}" must be JSON: {error}.'
        raise InvalidParameter(message) from error
