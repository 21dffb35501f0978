"""The types of a schema as pages show them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    print_ast,
)

from weir.resolvers.operation.wrappers import input_field_type
from weir.schema.graph.graph import Graph

Declared: TypeAlias = GraphQLArgument | GraphQLInputField
_KINDS: Final[tuple[tuple[type[GraphQLNamedType], str], ...]] = (
    (GraphQLObjectType, "Objects"),
    (GraphQLInterfaceType, "Interfaces"),
    (GraphQLUnionType, "Unions"),
    (GraphQLEnumType, "Enums"),
    (GraphQLInputObjectType, "Inputs"),
    (GraphQLScalarType, "Scalars"),
)
_MAX_FOUND: Final = 200


@dataclass(frozen=True, slots=True)
class MemberView:
    """A field, an argument, an enum value or a possible type; "" is not stated.

    `type` is its type as in SDL, and `type_name` that without its wrappers.
    """

    name: str
    type: str = ""
    type_name: str = ""
    default: str = ""
    description: str = ""
    deprecation: str = ""
    arguments: tuple["MemberView", ...] = ()
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeView:
    """A type with its members."""

    name: str
    kind: str
    description: str
    interfaces: tuple[str, ...]
    members: tuple[MemberView, ...]


def types_by_kind(schema: GraphQLSchema) -> Mapping[str, tuple[str, ...]]:
    """Return the names of all types, sorted."""
    found = {
        label: tuple(
            sorted(each.name for each in _types(schema) if isinstance(each, kind))
        )
        for kind, label in _KINDS
    }
    return {label: names for label, names in found.items() if names}


def matching(schema: GraphQLSchema, text: str) -> list[tuple[str, str]]:
    """Return types and members, as `(type, member)`, whose names contain `text`.

    They are the first ones by the order of the schema, and the member of a type is "".
    """
    wanted = text.lower()
    found: list[tuple[str, str]] = []
    for each in _types(schema):
        names = ("", *(name for name in _member_names(each)))
        found += (
            (each.name, name) for name in names if wanted in (name or each.name).lower()
        )
        if len(found) >= _MAX_FOUND:
            break
    return found[:_MAX_FOUND]


def type_view(schema: GraphQLSchema, name: str, graph: Graph | None) -> TypeView | None:
    """Return the view of a type, None without one of this name.

    `graph` has the services of fields; without it, they are not shown.
    """
    found = schema.type_map.get(name)
    if found is None or is_introspection_type(found):
        return None
    interfaces = (
        found.interfaces
        if isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
        else ()
    )
    return TypeView(
        name=found.name,
        kind=next(label[:-1] for kind, label in _KINDS if isinstance(found, kind)),
        description=found.description or "",
        interfaces=tuple(each.name for each in interfaces),
        members=tuple(_members(schema, found, graph)),
    )


def _types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    return (
        each for each in schema.type_map.values() if not is_introspection_type(each)
    )


def _member_names(type_: GraphQLNamedType) -> Iterator[str]:
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType() | GraphQLInputObjectType():
            yield from type_.fields
        case GraphQLEnumType():
            yield from type_.values
        case _:
            return


def _members(
    schema: GraphQLSchema, type_: GraphQLNamedType, graph: Graph | None
) -> Iterator[MemberView]:
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType():
            yield from _possible(schema, type_)
            yield from _fields(type_, graph)
        case GraphQLUnionType():
            yield from _possible(schema, type_)
        case GraphQLInputObjectType():
            for name, field in type_.fields.items():
                yield _declared(name, field)
        case GraphQLEnumType():
            for name, value in type_.values.items():
                yield MemberView(
                    name,
                    description=value.description or "",
                    deprecation=value.deprecation_reason or "",
                )
        case _:
            return


def _possible(
    schema: GraphQLSchema,
    type_: GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType,
) -> Iterator[MemberView]:
    if not isinstance(type_, GraphQLObjectType):
        for each in schema.get_possible_types(type_):
            yield MemberView(f"... on {each.name}", each.name, each.name)


def _fields(
    type_: GraphQLObjectType | GraphQLInterfaceType, graph: Graph | None
) -> Iterator[MemberView]:
    shows = graph is not None and isinstance(type_, GraphQLObjectType)
    for name, field in type_.fields.items():
        yield MemberView(
            name,
            str(field.type),
            _named(field.type),
            description=field.description or "",
            deprecation=field.deprecation_reason or "",
            arguments=tuple(_declared(*each) for each in field.args.items()),
            services=graph.resolving(type_.name, name) if graph and shows else (),
        )


def _declared(name: str, declared: Declared) -> MemberView:
    node, type_ = declared.ast_node, input_field_type(declared)
    default = node.default_value if node else None
    return MemberView(
        name,
        str(type_),
        _named(type_),
        default=print_ast(default) if default else "",
        description=declared.description or "",
        deprecation=declared.deprecation_reason or "",
    )


def _named(type_: GraphQLType) -> str:
    return get_named_type(type_).name
