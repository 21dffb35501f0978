"""The directives of stored operations, which no client and no service sees."""

import re
from dataclasses import replace
from typing import Final

from graphql import (
    DirectiveNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    print_directive,
    print_type,
)

from weir.bffs.facades.stored.access_directive import ACCESS, ACCESS_DIRECTIVE
from weir.bffs.facades.stored.rest_directive import REST, REST_DIRECTIVE, REST_METHOD

_OWN: Final = (REST, ACCESS)


def directive_definitions() -> str:
    """Return the SDL of the directives that stored operations may have."""
    directives = map(print_directive, (REST_DIRECTIVE, ACCESS_DIRECTIVE))
    return "\n\n".join((print_type(REST_METHOD), *directives))


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
    return replace(definition, directives=tuple(others))


def without_own_directives(text: str) -> str:
    """Replace `@rest` and `@access` by spaces, so that the rest stays at its place.

    Text with a syntax error is returned as it is.
    """
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return text
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for node in definition.directives or ():
                if node.name.value in _OWN and node.loc is not None:
                    start, end = node.loc.start, node.loc.end
                    blank = re.sub(r"[^\n]", " ", text[start:end])
                    text = text[:start] + blank + text[end:]
    return text
