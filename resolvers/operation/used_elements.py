"""The elements of a schema that a document uses, by their coordinates.

A document stays valid if elements are removed that it does not use. A field of an
interface also uses the field of each type that implements it. A variable may have any
value, so it uses all parts of its type.
"""

from collections.abc import Iterator
from typing import Any

import graphql
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLSchema,
    InlineFragmentNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    resolve_schema_coordinate,
    visit,
)


def used_elements(document: DocumentNode, schema: GraphQLSchema) -> frozenset[str]:
    """Return the coordinates that a valid document uses.

    Their forms are `Type`, `Type.field`, `Type.field(argument:)`, `Input.field` and
    `Enum.VALUE`. https://spec.graphql.org/draft/#sec-Schema-Coordinates
    """
    info = TypeInfo(schema)
    uses = _Uses(schema, info)
    visit(document, TypeInfoVisitor(info, uses))
    return frozenset(uses.found)


def find_element(coordinate: str, schema: GraphQLSchema) -> Any:
    """Return the element of a schema, or None for text that names none of it."""
    try:
        return resolve_schema_coordinate(schema, coordinate)
    except (GraphQLError, TypeError, ValueError):
        return None


def is_deprecated(coordinate: str, schema: GraphQLSchema) -> bool:
    """Return whether a schema has an element that is deprecated."""
    element = find_element(coordinate, schema)
    for part in ("field_argument", "input_field", "enum_value", "field"):
        if (found := getattr(element, part, None)) is not None:
            return found.deprecation_reason is not None
    return False


class _Uses(Visitor):
    """Collects coordinates while `info` follows the visit."""

    def __init__(self, schema: GraphQLSchema, info: TypeInfo) -> None:
        super().__init__()
        self._schema = schema
        # The types of graphql-core's methods are not complete.
        self._info: Any = info
        self._graphql: Any = graphql
        self.found: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent: Any = self._info.get_parent_type()
        name = node.name.value
        if parent is None or name.startswith("__") or parent.name.startswith("__"):
            return
        names = [name]
        names += (f"{name}({each.name.value}:)" for each in node.arguments or ())
        for type_ in (parent, *self._implementations(parent)):
            self.found.add(type_.name)
            self.found.update(f"{type_.name}.{name}" for name in names)

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        if node.type_condition is not None:
            self.found.add(node.type_condition.name.value)

    def enter_fragment_definition(
        self, node: FragmentDefinitionNode, *_: object
    ) -> None:
        self.found.add(node.type_condition.name.value)

    def enter_variable_definition(
        self, node: VariableDefinitionNode, *_: object
    ) -> None:
        type_: Any = self._graphql.type_from_ast(self._schema, node.type)
        if type_ is not None:
            self.found.update(_parts(get_named_type(type_), set()))

    def enter_object_field(self, node: Any, *_: object) -> None:
        parent: Any = self._graphql.get_named_type(self._info.get_parent_input_type())
        # A scalar may have objects as values, which have no fields of the schema.
        if isinstance(parent, GraphQLInputObjectType):
            self.found.update((parent.name, f"{parent.name}.{node.name.value}"))

    def enter_enum_value(self, node: Any, *_: object) -> None:
        type_: Any = self._graphql.get_named_type(self._info.get_input_type())
        if isinstance(type_, GraphQLEnumType):
            self.found.update((type_.name, f"{type_.name}.{node.value}"))

    def _implementations(self, parent: Any) -> Iterator[Any]:
        if isinstance(parent, GraphQLInterfaceType):
            found = self._schema.get_implementations(parent)
            yield from (*found.objects, *found.interfaces)


def _parts(type_: Any, seen: set[str]) -> Iterator[str]:
    """Yield an input type and all that a value of it may have."""
    if type_.name in seen:
        return
    seen.add(type_.name)
    yield type_.name
    if isinstance(type_, GraphQLEnumType):
        yield from (f"{type_.name}.{value}" for value in type_.values)
    if isinstance(type_, GraphQLInputObjectType):
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}"
            yield from _parts(get_named_type(field.type), seen)
