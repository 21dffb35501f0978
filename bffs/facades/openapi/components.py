"""The schemas of GraphQL types that a description refers to by their names."""

from collections.abc import Callable
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    Undefined,
)

from weir.bffs.facades.openapi.json_schema import (
    array,
    closed_object,
    described,
    nullable,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.wrappers import (
    default_of,
    input_field_type,
    item_of,
    without_non_null,
)

_BUILT_IN: Final[dict[str, JSONObject]] = {
    "Int": {"type": "integer", "format": "int32"},
    "Float": {"type": "number", "format": "double"},
    "String": {"type": "string"},
    "ID": {"type": "string"},
    "Boolean": {"type": "boolean"},
}


class Components:
    """The component schemas of one description, collected while it is written.

    Types have their own names. Other schemas get a name that no type has.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._schemas: dict[str, JSONObject] = {}

    @property
    def schemas(self) -> JSONObject:
        """The schemas by name, in the order of names."""
        return dict(sorted(self._schemas.items()))

    def add(self, name: str, schema: JSONObject) -> JSONObject:
        """Add a schema that does not belong to a type; return a reference to it.

        Another schema of the same name keeps its name, and an equal one is shared.
        Generators drop an underscore at the end, which would be lost.
        """
        free, number = name, 1
        while (
            free in self._schema.type_map or self._schemas.get(free, schema) != schema
        ):
            number += 1
            free = f"{name}{number}"
        return self._reference(free, lambda: schema)

    def input(self, type_: GraphQLType) -> JSONObject:
        """Return the schema of the values of a variable or input field."""
        named, is_required = without_non_null(type_)
        item = item_of(named)
        schema = array(self.input(item)) if item else self.named(named)
        return schema if is_required else nullable(schema)

    def named(self, type_: GraphQLType) -> JSONObject:
        """Return the schema of a scalar, enum or input object."""
        assert isinstance(type_, GraphQLNamedType), "wrappers are taken off"
        if type_.name in _BUILT_IN:
            return _BUILT_IN[type_.name]
        return self._reference(type_.name, lambda: self._type(type_))

    def _reference(self, name: str, make: Callable[[], JSONObject]) -> JSONObject:
        if name not in self._schemas:
            self._schemas[name] = {}  # an input object may refer to itself
            self._schemas[name] = make()
        return {"$ref": f"#/components/schemas/{name}"}

    def _type(self, type_: GraphQLNamedType) -> JSONObject:
        schema: JSONObject = {}
        if isinstance(type_, GraphQLEnumType):
            schema = {"type": "string", "enum": [*type_.values]}
        elif isinstance(type_, GraphQLInputObjectType):
            schema = self._input_object(type_)
        elif isinstance(type_, GraphQLScalarType) and type_.specified_by_url:
            schema = {"externalDocs": {"url": type_.specified_by_url}}
        return described(schema, type_.description, old=False)

    def _input_object(self, type_: GraphQLInputObjectType) -> JSONObject:
        properties: JSONObject = {}
        required: list[str] = []
        for name, declared in type_.fields.items():
            schema = self.input(input_field_type(declared))
            default = default_of(declared)
            # Null is what a missing value is anyway, and generators expect a value.
            if default is not None and default is not Undefined:
                schema = {**schema, "default": default}
            elif (
                default is Undefined and without_non_null(input_field_type(declared))[1]
            ):
                required.append(name)
            old = declared.deprecation_reason is not None
            properties[name] = described(schema, declared.description, old=old)
        exactly_one = getattr(type_, "is_one_of", False)
        bounds = {"minProperties": 1, "maxProperties": 1} if exactly_one else {}
        return {**closed_object(properties, required), **bounds}
