"""The `@param` directive of variables: where a REST request has the value of one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from graphql import (
    DirectiveNode,
    GraphQLError,
    OperationDefinitionNode,
    VariableDefinitionNode,
    build_schema,
    get_argument_values,
)

from weir.bffs.config.model.position import Position
from weir.bffs.facades.stored.place import place_of
from weir.bffs.facades.stored.rest_directive import RestBinding

PARAM: Final = "param"
_SCHEMA: Final = build_schema(
    """
    enum ParamPlace { QUERY HEADER BODY }
    enum ParamStyle { COMMA DEEP_OBJECT }
    "Tells where a REST request has the value of a variable, and in which form."
    directive @param(
      "A query parameter, a header field, or the whole body." in: ParamPlace! = QUERY,
      "The name of the header field." name: String! = "",
      "Of a query parameter: `a,b` for a list, or `filter[year]=1927` for an input."
      style: ParamStyle
    ) on VARIABLE_DEFINITION
    type Query { unused: Boolean }
    """
)
PARAM_DIRECTIVE: Final = _SCHEMA.directives[0]
PARAM_ENUMS: Final = (_SCHEMA.type_map["ParamPlace"], _SCHEMA.type_map["ParamStyle"])
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RESERVED: Final = re.compile(
    # OpenAPI 3.1 §4.8.12.1 ignores the first three, and the gateway uses the others.
    r"accept|content-type|authorization|accept-.*|access-control-.*|cache-control"
    r"|connection|content-.*|cookie|expect|forwarded|host|if-.*|keep-alive|origin"
    r"|proxy-.*|range|sec-.*|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*",
    re.IGNORECASE,
)
_FREE: Final = frozenset({"accept-language"})
_WITHOUT_BODY: Final = "GET"


class ParameterPlace(Enum):
    """The part of a request that has the value of a variable."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    BODY = "body"


class ParameterStyle(Enum):
    """A form of a value in the query string other than the usual one of its type."""

    COMMA = "comma"
    DEEP_OBJECT = "deep_object"


@dataclass(frozen=True, slots=True)
class DeclaredParameter:
    """A `@param` of a variable; `name` is that of its header field, or empty."""

    place: ParameterPlace
    name: str
    style: ParameterStyle | None
    position: Position


def read_parameters(
    definition: OperationDefinitionNode, bindings: Sequence[RestBinding]
) -> Mapping[str, DeclaredParameter]:
    """Return what is declared of variables, by name.

    Raises GraphQLError if a directive is wrong, or does not fit the endpoints.
    """
    found: dict[str, DeclaredParameter] = {}
    for node in definition.variable_definitions or ():
        directives = [each for each in node.directives or () if _is_param(each)]
        if not directives:
            continue
        if len(directives) > 1:
            message = "@param can be used once"
            raise GraphQLError(message, directives[1])
        declared = _declared(directives[0])
        if problem := _misfit(declared, node, bindings, found):
            message = f"@param: {problem}"
            raise GraphQLError(message, directives[0])
        found[node.variable.name.value] = declared
    return found


def _is_param(node: DirectiveNode) -> bool:
    return node.name.value == PARAM


def _declared(node: DirectiveNode) -> DeclaredParameter:
    for argument in node.arguments or ():
        if argument.name.value not in PARAM_DIRECTIVE.args:
            known = ", ".join(PARAM_DIRECTIVE.args)
            message = f'@param has no argument "{argument.name.value}"; it has {known}'
            raise GraphQLError(message, argument)
    values: dict[str, Any] = get_argument_values(PARAM_DIRECTIVE, node)
    style = values.get("style")
    return DeclaredParameter(
        ParameterPlace[values["in"]],
        values["name"],
        ParameterStyle[style] if style else None,
        place_of(node),
    )


def _misfit(
    declared: DeclaredParameter,
    node: VariableDefinitionNode,
    bindings: Sequence[RestBinding],
    others: Mapping[str, DeclaredParameter],
) -> str:
    name = node.variable.name.value
    if not bindings:
        return "it has no effect without @rest"
    for each in bindings:
        if name in each.template.parameters:
            return f"${name} is a part of the path of {each}"
    if declared.style and declared.place is not ParameterPlace.QUERY:
        return "`style` is only used with `in: QUERY`"
    match declared.place:
        case ParameterPlace.HEADER:
            return _header_misfit(declared.name, others)
        case ParameterPlace.BODY:
            return _body_misfit(declared, bindings, others)
        case _:
            return "`name` is only used with `in: HEADER`" if declared.name else ""


def _header_misfit(name: str, others: Mapping[str, DeclaredParameter]) -> str:
    if not _FIELD_NAME.fullmatch(name):
        return f'`in: HEADER` needs the name of a header field, got "{name}"'
    lower = name.lower()
    if lower not in _FREE and _RESERVED.fullmatch(lower):
        return f'the header field "{name}" has a meaning of its own'
    if any(each.name.lower() == lower for each in others.values()):
        return f'another variable has the header field "{name}" already'
    return ""


def _body_misfit(
    declared: DeclaredParameter,
    bindings: Sequence[RestBinding],
    others: Mapping[str, DeclaredParameter],
) -> str:
    if declared.name:
        return "`name` is only used with `in: HEADER`"
    if any(each.place is ParameterPlace.BODY for each in others.values()):
        return "another variable is the whole body already"
    without = next((each for each in bindings if each.method == _WITHOUT_BODY), None)
    return f"{without} takes no body" if without else ""
