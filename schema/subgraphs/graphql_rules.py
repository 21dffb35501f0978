"""The GraphQL specification's rules for a subgraph's document.

graphql-core checks them. Federation also allows extensions without a definition, and
schemas without queries; both are handled before the check.
"""

import re
from collections.abc import Collection, Iterator

from graphql import (
    DefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    build_ast_schema,
)
from graphql.type.validate import SchemaValidationContext
from graphql.validation.validate import validate_sdl

from weir.schema.subgraphs.constants import wrong_constants

_DEPRECATED_IMPLEMENTATION = re.compile(
    r"Interface field \S+ is not deprecated, so implementation field \S+ must not be"
    r" deprecated\."
)
_DEFINITIONS: dict[type[TypeExtensionNode], type[TypeDefinitionNode]] = {
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
}


def graphql_violations(document: DocumentNode) -> Iterator[GraphQLError]:
    """Yield the violations in a document; each group of rules needs the one before."""
    based = with_bases(document)
    errors = validate_sdl(based)
    if errors:
        yield from errors
        return
    try:
        schema = build_ast_schema(based, assume_valid=True, assume_valid_sdl=True)
    except (GraphQLError, TypeError) as error:
        yield error if isinstance(error, GraphQLError) else GraphQLError(str(error))
        return
    context = SchemaRules(schema)
    context.validate_types()
    context.validate_directives()
    yield from context.errors
    yield from wrong_constants(based)


class SchemaRules(SchemaValidationContext):
    """graphql-core's schema rules, without those that are stricter than Weir's."""

    def report_error(
        self, message: str, nodes: Node | Collection[Node | None] | None = None
    ) -> None:
        """Report an error, except for a field that only the implementation deprecates.

        GraphQL forbids it since September 2025; most subgraph libraries are older.
        """
        if not _DEPRECATED_IMPLEMENTATION.fullmatch(message):
            super().report_error(message, nodes)

    def validate_default_value(
        self, input_value: GraphQLArgument | GraphQLInputField, arg_str: str
    ) -> None:
        """Skip default values: `subgraphs.constants` checks them."""


def with_bases(document: DocumentNode) -> DocumentNode:
    """Convert the first extension of each type without a definition to a definition."""
    defined = {
        node.name.value
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
    }
    definitions: list[DefinitionNode] = []
    for node in document.definitions:
        if isinstance(node, TypeExtensionNode) and node.name.value not in defined:
            defined.add(node.name.value)
            definitions.append(_as_definition(node))
        else:
            definitions.append(node)
    return DocumentNode(definitions=tuple(definitions))


def _as_definition(node: TypeExtensionNode) -> TypeDefinitionNode:
    parts = {key: getattr(node, key) for key in node.keys if hasattr(node, key)}
    return _DEFINITIONS[type(node)](**parts)
