"""The requests of an endpoint in a description: parameters and bodies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLType,
    Undefined,
    VariableDefinitionNode,
    value_from_ast_untyped,
)

from weir.bffs.facades.openapi.components import Components
from weir.bffs.facades.openapi.json_schema import JSON, array, closed_object
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.param_directive import (
    DeclaredParameter,
    ParameterPlace,
    ParameterStyle,
)
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.wrappers import (
    default_of,
    input_field_type,
    item_of,
    type_from_ast,
    without_non_null,
)

_ORDER: Final = tuple(ParameterPlace)


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of the operations of one schema."""

    schema: GraphQLSchema
    components: Components

    def of(self, stored: StoredOperation, binding: RestBinding) -> JSONObject:
        """Return the members of an operation that describe its requests."""
        by_place: dict[ParameterPlace, list[VariableDefinitionNode]] = {}
        for node in stored.definition.variable_definitions or ():
            by_place.setdefault(_place(node, stored, binding), []).append(node)
        in_body = by_place.pop(ParameterPlace.BODY, [])
        described: JSONObject = {}
        if by_place:
            described["parameters"] = [
                self._parameter(node, place, stored.parameters.get(_name(node)))
                for place in sorted(by_place, key=_ORDER.index)
                for node in by_place[place]
            ]
        if in_body:
            described["requestBody"] = self._body(in_body, stored)
        return described

    def _parameter(
        self,
        node: VariableDefinitionNode,
        place: ParameterPlace,
        declared: DeclaredParameter | None,
    ) -> JSONObject:
        type_ = type_from_ast(self.schema, node.type)
        inner, is_required = without_non_null(type_)
        has_default = node.default_value is not None
        style = declared.style if declared else None
        described: JSONObject = {
            "name": (declared.name if declared else "") or _name(node),
            "in": place.value,
            "required": place is ParameterPlace.PATH
            or (is_required and not has_default),
        }
        if isinstance(inner, GraphQLInputObjectType):
            if style is not ParameterStyle.DEEP_OBJECT:
                content = {JSON: {"schema": self.components.named(inner)}}
                return {**described, "content": content}
            deep = {"style": "deepObject", "explode": True}
            schema = {**self._of_fields(inner), **_default(node)}
            return {**described, **deep, "schema": schema}
        if style is ParameterStyle.COMMA:
            described |= {"style": "form", "explode": False}
        return {**described, "schema": {**self._of_texts(inner), **_default(node)}}

    def _of_fields(self, type_: GraphQLInputObjectType) -> JSONObject:
        """Return the schema of an object whose fields are texts, and never null."""
        properties: JSONObject = {}
        required: list[str] = []
        for name, declared in type_.fields.items():
            inner, is_required = without_non_null(input_field_type(declared))
            default = default_of(declared)
            has_default = default is not None and default is not Undefined
            given = {"default": default} if has_default else {}
            properties[name] = {**self._of_texts(inner), **given}
            if is_required and default is Undefined:
                required.append(name)
        return closed_object(properties, required)

    def _of_texts(self, type_: GraphQLType) -> JSONObject:
        """Return the schema of a value that is written as one or several texts."""
        item = item_of(type_)
        if item is None:
            return self.components.named(type_)
        inner, _ = without_non_null(item)
        if item_of(inner) or isinstance(inner, GraphQLInputObjectType):
            content = self.components.input(inner)
            text = {"contentMediaType": JSON, "contentSchema": content}
            return array({"type": "string", **text})
        return array(self.components.named(inner))

    def _body(
        self, variables: Sequence[VariableDefinitionNode], stored: StoredOperation
    ) -> JSONObject:
        """Describe a body of several members, or of one variable that is all of it."""
        if _name(variables[0]) in stored.parameters:
            (node,) = variables
            type_ = type_from_ast(self.schema, node.type)
            inner, is_required = without_non_null(type_)
            content = {JSON: {"schema": self.components.named(inner)}}
            is_required &= node.default_value is None
            return {"required": is_required, "content": content}
        properties: JSONObject = {}
        required: list[str] = []
        for node in variables:
            type_ = type_from_ast(self.schema, node.type)
            default = _default(node)
            properties[_name(node)] = {**self.components.input(type_), **default}
            if without_non_null(type_)[1] and not default:
                required.append(_name(node))
        schema = closed_object(properties, required)
        return {"required": bool(required), "content": {JSON: {"schema": schema}}}


def _place(
    node: VariableDefinitionNode, stored: StoredOperation, binding: RestBinding
) -> ParameterPlace:
    """Return where requests to an endpoint have the value of a variable."""
    name = _name(node)
    if name in binding.template.parameters:
        return ParameterPlace.PATH
    if declared := stored.parameters.get(name):
        return declared.place
    has_whole_body = any(
        each.place is ParameterPlace.BODY for each in stored.parameters.values()
    )
    if binding.method == "GET" or has_whole_body:
        return ParameterPlace.QUERY
    return ParameterPlace.BODY


def _name(node: VariableDefinitionNode) -> str:
    return node.variable.name.value


def _default(node: VariableDefinitionNode) -> JSONObject:
    if node.default_value is None:
        return {}
    return {"default": value_from_ast_untyped(node.default_value)}
