"""The parameters of a REST request as the variables of its operation.

    path, query, body -> text or JSON -> raw JSON values, by the names of variables

How the text of a parameter is decoded is chosen once, by the GraphQL type of its
variable. Only the shape of a value is decided here (numbers, booleans, lists). Variable
coercion decides whether it fits its type, and names the variable and the place.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import orjson
from graphql import (
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLType,
    OperationDefinitionNode,
)

from weir.bffs.facades.errors import InvalidParameter
from weir.bffs.facades.http.json_body import json_object
from weir.bffs.facades.http.query_string import query_pairs, utf8_text
from weir.bffs.facades.rest.ignored_parameters import (
    NOTHING_IGNORED,
    IgnoredParameters,
)
from weir.gateway.edge.request import Request
from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.operation.wrappers import item_of, type_from_ast, without_non_null

ParameterDecoder: TypeAlias = Callable[[str, list[str]], JSONValue]
"""From the name of a parameter and its texts to the raw value of its variable."""

_TextDecoder: TypeAlias = Callable[[str, str], JSONValue]
"""From the name of a parameter and one text to a raw value."""

# A longer number does not fit Int. Python refuses to read one of thousands of digits.
_INT = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one operation, by the names of its variables.

    Of a query, `ignored` other parameters are allowed.
    """

    decoders: Mapping[str, ParameterDecoder]
    ignored: IgnoredParameters = NOTHING_IGNORED

    @classmethod
    def of(
        cls,
        definition: OperationDefinitionNode,
        schema: GraphQLSchema,
        ignored: IgnoredParameters = NOTHING_IGNORED,
    ) -> Self:
        """Choose a decoder for each variable of a valid operation."""
        decoders = {
            node.variable.name.value: _decoder(type_from_ast(schema, node.type))
            for node in definition.variable_definitions or ()
        }
        return cls(decoders, ignored)

    def read(self, request: Request) -> JSONObject:
        """Return the raw values of path, query and body; raises InvalidParameter."""
        found: JSONObject = {}
        if request.path_parameters:
            self._add(found, self._of_path(request.path_parameters))
        query = request.head.query
        if query:
            self._add(found, self._of_query(query))
        if request.body:
            self._add(found, self._of_body(request))
        return found

    def _add(self, found: JSONObject, given: Iterable[tuple[str, JSONValue]]) -> None:
        for name, value in given:
            if name in found:
                message = f'The parameter "{name}" is given in two places.'
                raise InvalidParameter(message)
            found[name] = value

    def _of_path(
        self, parameters: tuple[tuple[str, bytes], ...]
    ) -> Iterable[tuple[str, JSONValue]]:
        for name, raw in parameters:
            text = utf8_text(raw, f'The parameter "{name}"', InvalidParameter)
            yield name, self.decoders[name](name, [text])

    def _of_query(self, query: str) -> Iterable[tuple[str, JSONValue]]:
        for name, texts in query_pairs(query, InvalidParameter):
            if name not in self.decoders and name in self.ignored:
                continue
            yield name, self._declared(name)(name, texts)

    def _of_body(self, request: Request) -> Iterable[tuple[str, JSONValue]]:
        method = request.head.method
        if method in _WITHOUT_BODY:
            message = f"A {method} request takes no body here."
            raise InvalidParameter(message)
        for name, value in json_object(request, InvalidParameter).items():
            self._declared(name)
            yield name, value

    def _declared(self, name: str) -> ParameterDecoder:
        decoder = self.decoders.get(name)
        if decoder is None:
            known = ", ".join(sorted(self.decoders)) or "none"
            message = f'There is no parameter "{name[:64]}"; there are: {known}.'
            raise InvalidParameter(message)
        return decoder


def _decoder(type_: GraphQLType) -> ParameterDecoder:
    nullable, _ = without_non_null(type_)
    item = item_of(nullable)
    if item is None:
        return _single(_text_decoder(nullable))
    item, _ = without_non_null(item)
    # A query string has no form for a list of lists: each item is JSON.
    return _repeated(_json if item_of(item) else _text_decoder(item))


def _single(decode: _TextDecoder) -> ParameterDecoder:
    def single(name: str, texts: list[str]) -> JSONValue:
        if len(texts) > 1:
            times = len(texts)
            message = f'The parameter "{name}" is given {times} times, expected once.'
            raise InvalidParameter(message)
        return decode(name, texts[0])

    return single


def _repeated(decode: _TextDecoder) -> ParameterDecoder:
    def repeated(name: str, texts: list[str]) -> JSONValue:
        return [decode(name, text) for text in texts]

    return repeated


def _text_decoder(type_: GraphQLType) -> _TextDecoder:
    if isinstance(type_, GraphQLInputObjectType):
        return _json
    assert isinstance(type_, GraphQLNamedType), "wrappers are taken off"
    return _BY_SCALAR.get(type_.name, _string)


def _int(_name: str, text: str) -> JSONValue:
    return int(text) if _INT.fullmatch(text) else text


def _float(_name: str, text: str) -> JSONValue:
    return float(text) if _FLOAT.fullmatch(text) else text


def _boolean(_name: str, text: str) -> JSONValue:
    return {"true": True, "false": False}.get(text, text)


def _string(_name: str, text: str) -> JSONValue:
    return text


def _json(name: str, text: str) -> JSONValue:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f'The parameter "{name}" must be JSON: {error}.'
        raise InvalidParameter(message) from error


# Enums, String, ID and custom scalars are text.
_BY_SCALAR: Final[Mapping[str, _TextDecoder]] = {
    "Int": _int,
    "Float": _float,
    "Boolean": _boolean,
}
