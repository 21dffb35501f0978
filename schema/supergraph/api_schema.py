"""The API schema: the part of a supergraph that clients can use.

It is without `@inaccessible` elements and without the elements of linked specs: those
of join and link, the composed directives and their types. The input is any supergraph
of join v0.1 to v0.5, from any composer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    OperationTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    parse,
)

from weir.schema.link.links import SPECS, Link, Links
from weir.schema.link.parse_links import parse_links
from weir.schema.merging.executable_directives import EXECUTABLE

_BUILT_IN = frozenset({"deprecated", "specifiedBy", "oneOf"})
_ENGINE_DIRECTIVES = frozenset({"defer", "stream"})
_INACCESSIBLE = f"{SPECS}/inaccessible"
Marked = TypeVar(
    "Marked",
    bound=TypeDefinitionNode
    | FieldDefinitionNode
    | InputValueDefinitionNode
    | EnumValueDefinitionNode,
)


def api_schema(supergraph: str | DocumentNode) -> GraphQLSchema:
    """Build the API schema of a valid supergraph."""
    return build_ast_schema(
        api_document(supergraph), assume_valid=True, assume_valid_sdl=True
    )


def api_document(supergraph: str | DocumentNode) -> DocumentNode:
    """Return the definitions of the API schema, without applied spec directives."""
    document = parse(supergraph) if isinstance(supergraph, str) else supergraph
    links = parse_links(document)
    inaccessible = links.feature(_INACCESSIBLE)
    hidden = inaccessible.directive("inaccessible") if inaccessible else "inaccessible"
    names = frozenset(
        node.name.value
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
        and (is_of_a_spec(node.name.value, links) or _carries(node, hidden))
    )
    return _Filter(links, hidden, names).document(document)


def is_of_a_spec(type_name: str, links: Links) -> bool:
    """Return whether a supergraph's type belongs to a linked spec, not to a user."""
    return any(_is_of(link, type_name) for link in links)


def _is_of(link: Link, type_name: str) -> bool:
    if type_name.startswith(f"{link.namespace}__"):
        return True
    return link.url.identity.startswith(SPECS) and type_name in link.imports.values()


def _carries(
    node: TypeDefinitionNode
    | FieldDefinitionNode
    | InputValueDefinitionNode
    | EnumValueDefinitionNode,
    directive: str,
) -> bool:
    return any(each.name.value == directive for each in node.directives or ())


@dataclass(frozen=True, slots=True)
class _Filter:
    """The filter of hidden elements: `types`, and members with the directive."""

    links: Links
    inaccessible: str
    types: frozenset[str]

    def document(self, document: DocumentNode) -> DocumentNode:
        filtered = (self._definition(node) for node in document.definitions)
        definitions = tuple(node for node in filtered if node is not None)
        names = {
            node.name.value
            for node in definitions
            if isinstance(node, TypeDefinitionNode)
        }
        return DocumentNode(
            definitions=tuple(_without_lost_roots(node, names) for node in definitions)
        )

    def _definition(self, node: DefinitionNode) -> DefinitionNode | None:
        match node:
            case SchemaDefinitionNode():
                return SchemaDefinitionNode(
                    description=node.description, operation_types=node.operation_types
                )
            case DirectiveDefinitionNode():
                return self._directive(node)
            case TypeDefinitionNode() if node.name.value in self.types:
                return None
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
                return self._composite(node)
            case _:
                return self._leaf_or_input(node)

    def _directive(self, node: DirectiveDefinitionNode) -> DefinitionNode | None:
        name = node.name.value
        locations = tuple(each for each in node.locations if each.value in EXECUTABLE)
        if not locations or name in _ENGINE_DIRECTIVES or self.links.owner(name):
            return None
        return DirectiveDefinitionNode(
            description=node.description,
            name=node.name,
            arguments=self._inputs(node.arguments),
            repeatable=node.repeatable,
            locations=locations,
        )

    def _composite(
        self, node: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
    ) -> DefinitionNode | None:
        fields = tuple(self._field(each) for each in self._visible(node.fields))
        if not fields:
            return None
        return type(node)(
            description=node.description,
            name=node.name,
            interfaces=self._names(node.interfaces),
            directives=_built_in(node.directives),
            fields=fields,
        )

    def _leaf_or_input(self, node: DefinitionNode) -> DefinitionNode | None:
        match node:
            case UnionTypeDefinitionNode():
                return UnionTypeDefinitionNode(
                    description=node.description,
                    name=node.name,
                    types=self._names(node.types),
                )
            case EnumTypeDefinitionNode():
                return EnumTypeDefinitionNode(
                    description=node.description,
                    name=node.name,
                    values=tuple(
                        EnumValueDefinitionNode(
                            description=each.description,
                            name=each.name,
                            directives=_built_in(each.directives),
                        )
                        for each in self._visible(node.values)
                    ),
                )
            case InputObjectTypeDefinitionNode():
                return InputObjectTypeDefinitionNode(
                    description=node.description,
                    name=node.name,
                    directives=_built_in(node.directives),
                    fields=self._inputs(node.fields),
                )
            case ScalarTypeDefinitionNode():
                return ScalarTypeDefinitionNode(
                    description=node.description,
                    name=node.name,
                    directives=_built_in(node.directives),
                )
            case _:
                return None

    def _field(self, node: FieldDefinitionNode) -> FieldDefinitionNode:
        return FieldDefinitionNode(
            description=node.description,
            name=node.name,
            arguments=self._inputs(node.arguments),
            type=node.type,
            directives=_built_in(node.directives),
        )

    def _inputs(
        self, nodes: Iterable[InputValueDefinitionNode] | None
    ) -> tuple[InputValueDefinitionNode, ...]:
        return tuple(
            InputValueDefinitionNode(
                description=each.description,
                name=each.name,
                type=each.type,
                default_value=each.default_value,
                directives=_built_in(each.directives),
            )
            for each in self._visible(nodes)
        )

    def _visible(self, nodes: Iterable[Marked] | None) -> tuple[Marked, ...]:
        return tuple(
            each for each in nodes or () if not _carries(each, self.inaccessible)
        )

    def _names(
        self, nodes: Iterable[NamedTypeNode] | None
    ) -> tuple[NamedTypeNode, ...]:
        return tuple(each for each in nodes or () if each.name.value not in self.types)


def _built_in(
    directives: Iterable[ConstDirectiveNode] | None,
) -> tuple[ConstDirectiveNode, ...]:
    return tuple(each for each in directives or () if each.name.value in _BUILT_IN)


def _without_lost_roots(node: DefinitionNode, names: set[str]) -> DefinitionNode:
    """Remove root types that are not among the visible types."""
    if not isinstance(node, SchemaDefinitionNode):
        return node
    roots: tuple[OperationTypeDefinitionNode, ...] = tuple(
        each for each in node.operation_types if each.type.name.value in names
    )
    return SchemaDefinitionNode(description=node.description, operation_types=roots)
