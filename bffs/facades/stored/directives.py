"""The directives of stored operations, which no client and no service sees."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from graphql import (
    DirectiveNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    VariableDefinitionNode,
    parse,
    print_directive,
    print_type,
)

from weir.bffs.facades.stored.access_directive import ACCESS, ACCESS_DIRECTIVE
from weir.bffs.facades.stored.param_directive import (
    PARAM,
    PARAM_DIRECTIVE,
    PARAM_ENUMS,
)
from weir.bffs.facades.stored.rest_directive import REST, REST_DIRECTIVE, REST_METHOD

_OWN: Final = (REST, ACCESS)


def directive_definitions() -> str:
    """Return the SDL of the directives that stored operations may have."""
    own = (REST_DIRECTIVE, PARAM_DIRECTIVE, ACCESS_DIRECTIVE)
    types = map(print_type, (REST_METHOD, *PARAM_ENUMS))
    return "\n\n".join((*types, *map(print_directive, own)))


def directives_of(
    definition: OperationDefinitionNode, name: str
) -> list[DirectiveNode]:
    """Return the directives of an operation with this name."""
    return [each for each in definition.directives or () if each.name.value == name]


def plain_operation(definition: OperationDefinitionNode) -> OperationDefinitionNode:
    """Return an operation without its own directives."""
    others = [
        node for node in definition.directives or () if node.name.value not in _OWN
    ]
    variables = tuple(map(_plain_variable, definition.variable_definitions or ()))
    return replace(definition, directives=tuple(others), variable_definitions=variables)


def _plain_variable(node: VariableDefinitionNode) -> VariableDefinitionNode:
    others = [each for each in node.directives or () if each.name.value != PARAM]
    return replace(node, directives=tuple(others))


def without_own_directives(text: str) -> str:
    """Replace these directives by spaces, so that the rest stays at its place.

    Text with a syntax error is returned as it is.
    """
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return text
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for node in _own(definition):
                if node.loc is not None:
                    start, end = node.loc.start, node.loc.end
                    blank = re.sub(r"[^\n]", " ", text[start:end])
                    text = text[:start] + blank + text[end:]
    return text


def _own(definition: OperationDefinitionNode) -> Iterator[DirectiveNode]:
    """Yield the directives of an operation that only the façade uses."""
    for node in definition.directives or ():
        if node.name.value in _OWN:
            yield node
    for variable in definition.variable_definitions or ():
        yield from (
            each for each in variable.directives or () if each.name.value == PARAM
        )
