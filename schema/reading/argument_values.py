"""Whether the arguments of applied directives fit their types.

Like the reference, this lets a required field of an input object be missing, and leaves
custom scalars alone. Field sets have a rule of their own, with errors of their own.
"""

from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    is_enum_type,
    is_input_object_type,
    parse_type,
    print_ast,
)

from schema.type_refs import ListOf, NonNull, TypeRef, type_ref

_OWN_RULES = frozenset({"fields"})

_BUILT_IN: Mapping[str, tuple[type[ValueNode], ...]] = {
    "Int": (IntValueNode,),
    "Float": (IntValueNode, FloatValueNode),
    "String": (StringValueNode,),
    "Boolean": (BooleanValueNode,),
    "ID": (StringValueNode, IntValueNode),
}


def wrong_arguments(
    document: DocumentNode, schema: GraphQLSchema
) -> Iterator[GraphQLError]:
    """Each argument of an applied directive whose value does not fit."""
    types = {
        (node.name.value, argument.name.value): type_ref(argument.type, {})
        for node in document.definitions
        if isinstance(node, DirectiveDefinitionNode)
        for argument in node.arguments or ()
    }
    for definition in document.definitions:
        for applied in _applied(definition):
            for argument in applied.arguments or ():
                name = applied.name.value, argument.name.value
                ref = types.get(name)
                if ref is None or argument.name.value in _OWN_RULES:
                    continue
                if not _fits(argument.value, ref, schema):
                    yield GraphQLError(
                        f'Invalid value for "@{name[0]}({name[1]}:)" of type'
                        f' "{ref}": {print_ast(argument.value)}.',
                        argument,
                    )


def _applied(definition: DefinitionNode) -> Iterator[ConstDirectiveNode]:
    """The directives on a definition and all its parts."""
    yield from _directives_of(definition)
    parts: Iterable[object] = getattr(definition, "fields", None) or ()
    if isinstance(definition, EnumTypeDefinitionNode):
        parts = definition.values or ()
    for part in parts:
        yield from _directives_of(part)
        for argument in getattr(part, "arguments", None) or ():
            yield from _directives_of(argument)


def _directives_of(node: object) -> Iterable[ConstDirectiveNode]:
    return getattr(node, "directives", None) or ()


def _fits(value: ValueNode, ref: TypeRef, schema: GraphQLSchema) -> bool:
    """Whether a constant is a value of a type, after list coercion."""
    if isinstance(ref, NonNull):
        return not isinstance(value, NullValueNode) and _fits(value, ref.of, schema)
    if isinstance(value, NullValueNode):
        return True
    if isinstance(ref, ListOf):
        items = value.values if isinstance(value, ListValueNode) else (value,)
        return all(_fits(item, ref.of, schema) for item in items)
    named = schema.type_map.get(ref.name)
    if is_input_object_type(named):
        return isinstance(value, ObjectValueNode) and all(
            _fits_field(item, named, schema) for item in value.fields
        )
    if is_enum_type(named):
        return isinstance(value, EnumValueNode) and value.value in named.values
    return isinstance(value, _BUILT_IN.get(ref.name, (ValueNode,)))


def _fits_field(
    item: ObjectFieldNode, owner: GraphQLInputObjectType, schema: GraphQLSchema
) -> bool:
    field = owner.fields.get(item.name.value)
    if field is None:
        return False
    return _fits(item.value, type_ref(parse_type(str(field.type)), {}), schema)
