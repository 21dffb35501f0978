"""The builder of type definitions from a document's nodes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)

from weir.schema.model.definitions import (
    Applied,
    DirectiveDefinition,
    Element,
    EnumValue,
    Field,
    InputValue,
    Kind,
    TypeDefinition,
)
from weir.schema.model.type_refs import type_ref
from weir.schema.subgraphs.constants import Constants

_KINDS: Mapping[type[TypeDefinitionNode | TypeExtensionNode], Kind] = {
    ScalarTypeDefinitionNode: Kind.SCALAR,
    ScalarTypeExtensionNode: Kind.SCALAR,
    ObjectTypeDefinitionNode: Kind.OBJECT,
    ObjectTypeExtensionNode: Kind.OBJECT,
    InterfaceTypeDefinitionNode: Kind.INTERFACE,
    InterfaceTypeExtensionNode: Kind.INTERFACE,
    UnionTypeDefinitionNode: Kind.UNION,
    UnionTypeExtensionNode: Kind.UNION,
    EnumTypeDefinitionNode: Kind.ENUM,
    EnumTypeExtensionNode: Kind.ENUM,
    InputObjectTypeDefinitionNode: Kind.INPUT,
    InputObjectTypeExtensionNode: Kind.INPUT,
}


@dataclass(frozen=True, slots=True)
class Builder:
    """The conversion of nodes to definitions, with the names of one schema.

    `specs` maps visible directive names to specified ones. `renamed` maps root types to
    their default names.
    """

    specs: Mapping[str, str]
    renamed: dict[str, str]
    constants: Constants

    def types(self, document: DocumentNode) -> dict[str, TypeDefinition]:
        """Return all types, in the order of their first declaration."""
        parts: dict[str, list[TypeDefinitionNode | TypeExtensionNode]] = {}
        for node in document.definitions:
            if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
                parts.setdefault(self._name(node.name.value), []).append(node)
        return {name: self._type(name, nodes) for name, nodes in parts.items()}

    def directives(self, document: DocumentNode) -> dict[str, DirectiveDefinition]:
        return {
            node.name.value: self._directive_definition(node)
            for node in document.definitions
            if isinstance(node, DirectiveDefinitionNode)
        }

    def schema(self, document: DocumentNode) -> Element:
        """Return the description and directives of the schema and its extensions."""
        nodes = [
            node
            for node in document.definitions
            if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode)
        ]
        return Element(
            name="schema",
            description="".join(map(_description, nodes)),
            directives=tuple(
                applied for node in nodes for applied in self.applied(node.directives)
            ),
        )

    def applied(
        self, nodes: Iterable[ConstDirectiveNode] | None, part: int = 0
    ) -> tuple[Applied, ...]:
        return tuple(
            Applied(
                name=node.name.value,
                arguments={
                    item.name.value: self.constants.argument(
                        node.name.value, item.name.value, item.value
                    )
                    for item in node.arguments or ()
                },
                spec=self.specs.get(node.name.value, ""),
                part=part,
                node=node,
            )
            for node in nodes or ()
        )

    def _name(self, name: str) -> str:
        return self.renamed.get(name, name)

    def _type(
        self, name: str, nodes: list[TypeDefinitionNode | TypeExtensionNode]
    ) -> TypeDefinition:
        # The definition is part 0 wherever it is in the document, so that "first" means
        # the same for `@shareable` on a declaration, descriptions and field order.
        nodes = sorted(nodes, key=lambda node: isinstance(node, TypeExtensionNode))
        first = nodes[0]
        parts = [self._part(node, part) for part, node in enumerate(nodes)]
        return TypeDefinition(
            name=name,
            kind=_KINDS[type(first)],
            description=_description(first),
            node=first,
            declarations=tuple(nodes),
            extensions=tuple(isinstance(node, TypeExtensionNode) for node in nodes),
            directives=tuple(
                applied
                for part, node in enumerate(nodes)
                for applied in self.applied(node.directives, part)
            ),
            interfaces=_unique(item for part in parts for item in part.interfaces),
            fields={k: v for part in parts for k, v in part.fields.items()},
            input_fields={k: v for part in parts for k, v in part.input_fields.items()},
            values={k: v for part in parts for k, v in part.values.items()},
            members=_unique(item for part in parts for item in part.members),
        )

    def _part(
        self, node: TypeDefinitionNode | TypeExtensionNode, part: int
    ) -> TypeDefinition:
        """Return the part of a type that one declaration defines."""
        bare = TypeDefinition(name=node.name.value, kind=_KINDS[type(node)])
        match node:
            case (
                ObjectTypeDefinitionNode()
                | ObjectTypeExtensionNode()
                | InterfaceTypeDefinitionNode()
                | InterfaceTypeExtensionNode()
            ):
                return TypeDefinition(
                    name=bare.name,
                    kind=bare.kind,
                    interfaces=tuple(
                        self._name(item.name.value) for item in node.interfaces or ()
                    ),
                    fields={
                        item.name.value: self._field(item, part)
                        for item in node.fields or ()
                    },
                )
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
                inputs = self._input_values(node.fields)
                return TypeDefinition(
                    name=bare.name, kind=bare.kind, input_fields=inputs
                )
            case EnumTypeDefinitionNode() | EnumTypeExtensionNode():
                values = {
                    item.name.value: EnumValue(
                        name=item.name.value,
                        description=_description(item),
                        directives=self.applied(item.directives),
                        node=item,
                    )
                    for item in node.values or ()
                }
                return TypeDefinition(name=bare.name, kind=bare.kind, values=values)
            case UnionTypeDefinitionNode() | UnionTypeExtensionNode():
                members = tuple(
                    self._name(item.name.value) for item in node.types or ()
                )
                return TypeDefinition(name=bare.name, kind=bare.kind, members=members)
            case _:
                return bare

    def _field(self, node: FieldDefinitionNode, part: int) -> Field:
        return Field(
            name=node.name.value,
            description=_description(node),
            directives=self.applied(node.directives),
            node=node,
            type=type_ref(node.type, self.renamed),
            arguments=self._input_values(node.arguments),
            part=part,
        )

    def _input_values(
        self, nodes: Iterable[InputValueDefinitionNode] | None
    ) -> dict[str, InputValue]:
        return {node.name.value: self._input_value(node) for node in nodes or ()}

    def _input_value(self, node: InputValueDefinitionNode) -> InputValue:
        type_ = type_ref(node.type, self.renamed)
        return InputValue(
            name=node.name.value,
            description=_description(node),
            directives=self.applied(node.directives),
            node=node,
            type=type_,
            default=self.constants.default(node.default_value, type_),
        )

    def _directive_definition(
        self, node: DirectiveDefinitionNode
    ) -> DirectiveDefinition:
        return DirectiveDefinition(
            name=node.name.value,
            description=_description(node),
            node=node,
            arguments=self._input_values(node.arguments),
            locations=tuple(item.value for item in node.locations),
            repeatable=node.repeatable,
            spec=self.specs.get(node.name.value, ""),
        )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _description(node: object) -> str:
    description = getattr(node, "description", None)
    return description.value if isinstance(description, StringValueNode) else ""
