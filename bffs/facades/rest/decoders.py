"""The decoders of texts in a request, chosen by the GraphQL types of variables.

How the text of a parameter is decoded is chosen once, when the endpoint is made. Only
the shape of a value is decided here (numbers, booleans, lists, objects). Variable
coercion decides whether it fits its type, and names the variable and the place.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

import orjson
from graphql import GraphQLInputObjectType, GraphQLNamedType, GraphQLType

from weir.bffs.facades.errors import InvalidParameter
from weir.bffs.facades.http.request_part import Parameter
from weir.bffs.facades.stored.param_directive import ParameterStyle
from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.operation.wrappers import (
    input_field_type,
    item_of,
    without_non_null,
)

ParameterDecoder: TypeAlias = Callable[[Parameter, list[str]], JSONValue]
"""From a parameter and its texts to the raw value of its variable."""

_TextDecoder: TypeAlias = Callable[[Parameter, str], JSONValue]
"""From a parameter and one text to a raw value."""

# A longer number does not fit Int. Python refuses to read one of thousands of digits.
_INT: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BRACKETS: Final = re.compile(r"\[([^\[\]]+)\]")


def query_decoder(
    type_: GraphQLType, style: ParameterStyle | None = None
) -> ParameterDecoder:
    """Return the decoder of the texts of a variable of this nullable type."""
    item = item_of(type_)
    if item is None:
        return _single(_text_decoder(type_))
    item, _ = without_non_null(item)
    if style is ParameterStyle.COMMA:
        return _separated(_text_decoder(item))
    # A query string has no form for a list of lists: each item is JSON.
    return _repeated(_json if item_of(item) else _text_decoder(item))


def field_decoder(type_: GraphQLType) -> ParameterDecoder:
    """Return the decoder of a header field, in which lists have commas."""
    return query_decoder(type_, ParameterStyle.COMMA)


def deep_object(
    root: str, type_: GraphQLInputObjectType, pairs: Iterable[tuple[str, list[str]]]
) -> JSONObject:
    """Return the object of parameters such as `filter[year]`; `root` is `filter`.

    Raises InvalidParameter for names that are not those of fields of `type_`.
    """
    value: JSONObject = {}
    for name, texts in pairs:
        at = Parameter("query", name)
        field = _BRACKETS.fullmatch(name.removeprefix(root))
        declared = type_.fields.get(field[1]) if field else None
        if field is None or declared is None:
            known = ", ".join(f"{root}[{each}]" for each in type_.fields)
            message = f'There is no parameter "{name[:64]}"; there are: {known}.'
            raise InvalidParameter(message, at)
        nullable, _ = without_non_null(input_field_type(declared))
        value[field[1]] = query_decoder(nullable)(at, texts)
    return value


def _single(decode: _TextDecoder) -> ParameterDecoder:
    def single(at: Parameter, texts: list[str]) -> JSONValue:
        if len(texts) > 1:
            name, times = at.name[:64], len(texts)
            message = f'The parameter "{name}" is given {times} times, expected once.'
            raise InvalidParameter(message, at)
        return decode(at, texts[0])

    return single


def _repeated(decode: _TextDecoder) -> ParameterDecoder:
    def repeated(at: Parameter, texts: list[str]) -> JSONValue:
        return [decode(at, text) for text in texts]

    return repeated


def _separated(decode: _TextDecoder) -> ParameterDecoder:
    """Return the decoder of `a,b`, which some clients write as two parameters."""

    def separated(at: Parameter, texts: list[str]) -> JSONValue:
        items = (each for text in texts if text for each in text.split(","))
        return [decode(at, item.strip()) for item in items]

    return separated


def _text_decoder(type_: GraphQLType) -> _TextDecoder:
    if isinstance(type_, GraphQLInputObjectType):
        return _json
    assert isinstance(type_, GraphQLNamedType), "wrappers are taken off"
    return _BY_SCALAR.get(type_.name, _string)


def _int(_at: Parameter, text: str) -> JSONValue:
    return int(text) if _INT.fullmatch(text) else text


def _float(_at: Parameter, text: str) -> JSONValue:
    return float(text) if _FLOAT.fullmatch(text) else text


def _boolean(_at: Parameter, text: str) -> JSONValue:
    return {"true": True, "false": False}.get(text, text)


def _string(_at: Parameter, text: str) -> JSONValue:
    return text


def _json(at: Parameter, text: str) -> JSONValue:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f'The parameter "{at.name}" must be JSON: {error}.'
        raise InvalidParameter(message, at) from error


# Enums, String, ID and custom scalars are text.
_BY_SCALAR: Final[Mapping[str, _TextDecoder]] = {
    "Int": _int,
    "Float": _float,
    "Boolean": _boolean,
}
