"""The constants of a subgraph's SDL: default values and directive arguments."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    GraphQLError,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ValueNode,
    print_ast,
)

from weir.schema.model.input_types import InputTypes, input_types_in, value_types
from weir.schema.model.type_refs import TypeRef, type_ref

_OWN_RULES = frozenset({"fields"})
"""Field sets have their own rules and errors."""


@dataclass(frozen=True, slots=True)
class Constants:
    """The coercion of constants by the types in a document.

    `directives` has the types of arguments by directive and name.
    """

    types: InputTypes
    directives: Mapping[str, Mapping[str, TypeRef]]

    def default(self, value: ValueNode | None, ref: TypeRef) -> ValueNode | None:
        """Coerce a default value."""
        return None if value is None else self.types.coerced(value, ref)

    def argument(self, directive: str, name: str, value: ValueNode) -> ValueNode:
        """Coerce an argument of an applied directive."""
        ref = self.directives.get(directive, {}).get(name)
        if ref is None or name in _OWN_RULES:
            return value
        return self.types.coerced(value, ref)


def constants_of(document: DocumentNode) -> Constants:
    """Collect the types of the constants in a document."""
    directives = {
        node.name.value: value_types(node.arguments)
        for node in document.definitions
        if isinstance(node, DirectiveDefinitionNode)
    }
    return Constants(input_types_in(document), directives)


def wrong_constants(document: DocumentNode) -> Iterator[GraphQLError]:
    """Yield an error for each default or argument that does not fit its type."""
    constants = constants_of(document)
    yield from wrong_defaults(document, constants.types)
    for definition in document.definitions:
        for applied in _applied(definition):
            yield from _wrong_arguments(applied, constants)


def wrong_defaults(document: DocumentNode, types: InputTypes) -> Iterator[GraphQLError]:
    """Yield an error for each default value that does not fit its type."""
    for definition in document.definitions:
        for coordinate, node in _input_values(definition):
            default = node.default_value
            ref = type_ref(node.type, {})
            if default is not None and not types.fits(default, ref):
                yield GraphQLError(
                    f'"{coordinate}" of type "{ref}" has an invalid default value:'
                    f" {print_ast(default)}.",
                    default,
                )


def _input_values(
    definition: DefinitionNode,
) -> Iterator[tuple[str, InputValueDefinitionNode]]:
    """Yield the arguments and input fields of a definition, with their coordinates."""
    match definition:
        case DirectiveDefinitionNode():
            for node in definition.arguments or ():
                yield f"@{definition.name.value}({node.name.value}:)", node
        case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
            for node in definition.fields or ():
                yield f"{definition.name.value}.{node.name.value}", node
        case (
            ObjectTypeDefinitionNode()
            | ObjectTypeExtensionNode()
            | InterfaceTypeDefinitionNode()
            | InterfaceTypeExtensionNode()
        ):
            for field in definition.fields or ():
                coordinate = f"{definition.name.value}.{field.name.value}"
                for node in field.arguments or ():
                    yield f"{coordinate}({node.name.value}:)", node
        case _:
            return


def _wrong_arguments(
    applied: ConstDirectiveNode, constants: Constants
) -> Iterator[GraphQLError]:
    types = constants.directives.get(applied.name.value, {})
    for argument in applied.arguments or ():
        name = argument.name.value
        ref = types.get(name)
        if ref is not None and not constants.types.fits(argument.value, ref):
            yield GraphQLError(
                f'Invalid value for "@{applied.name.value}({name}:)" of type "{ref}":'
                f" {print_ast(argument.value)}.",
                argument,
            )


def _applied(definition: DefinitionNode) -> Iterator[ConstDirectiveNode]:
    """Yield the directives on a definition and all its parts."""
    yield from _directives_of(definition)
    parts: Iterable[object] = getattr(definition, "fields", None) or ()
    if isinstance(definition, EnumTypeDefinitionNode | EnumTypeExtensionNode):
        parts = definition.values or ()
    for part in parts:
        yield from _directives_of(part)
        for argument in getattr(part, "arguments", None) or ():
            yield from _directives_of(argument)


def _directives_of(node: object) -> Iterable[ConstDirectiveNode]:
    return getattr(node, "directives", None) or ()
