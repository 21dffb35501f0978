"""The endpoints of a description: parameters, bodies and responses of operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLType,
    VariableDefinitionNode,
    value_from_ast_untyped,
)

from weir.bffs.facades.errors import (
    IncompleteData,
    InvalidParameter,
    ResourceNotFound,
    ServicesUnavailable,
)
from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.components import Components
from weir.bffs.facades.openapi.json_schema import array, closed_object
from weir.bffs.facades.openapi.resource import Resource
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.gateway.errors import (
    DeadlineExceeded,
    Forbidden,
    PayloadTooLarge,
    Unauthenticated,
    UnsupportedMediaType,
    WeirError,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.wrappers import (
    item_of,
    type_from_ast,
    without_non_null,
)

JSON: Final = "application/json"
PROBLEM: Final = "Problem"
"""The name of the response for all errors."""
WARNINGS: Final = "Warnings"
"""The name of the schema of a partial response's warnings."""

_ERRORS: Final[tuple[type[WeirError], ...]] = (
    InvalidParameter,
    ResourceNotFound,
    IncompleteData,
    ServicesUnavailable,
    DeadlineExceeded,
)
_ERRORS_OF_CALLERS: Final[tuple[type[WeirError], ...]] = (Unauthenticated, Forbidden)
_ERRORS_OF_BODIES: Final[tuple[type[WeirError], ...]] = (
    PayloadTooLarge,
    UnsupportedMediaType,
)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The description of the endpoints of one API."""

    api: RestApi
    components: Components
    warnings: JSONObject
    """A reference to the schema of warnings."""

    def paths(self) -> JSONObject:
        """Return the path items by template, in the order of templates."""
        found: dict[str, JSONObject] = {}
        for stored in self.api.operations:
            if not stored.bindings:
                continue
            name = f"{stored.name}Response"
            resource = Resource(self.api.schema, stored, name, self.components)
            response = self.components.add(name, resource.schema(self.warnings))
            for number, binding in enumerate(stored.bindings, 1):
                operation_id = stored.name if number == 1 else f"{stored.name}_{number}"
                item = found.setdefault(binding.template.text, {})
                item[binding.method.lower()] = {
                    "operationId": operation_id,
                    **_notes(binding),
                    **self._operation(stored, binding, response),
                }
        return dict(sorted(found.items()))

    def _operation(
        self, stored: StoredOperation, binding: RestBinding, response: JSONObject
    ) -> JSONObject:
        described: JSONObject = {}
        variables = stored.definition.variable_definitions or ()
        in_path = [
            each for each in variables if _name(each) in binding.template.parameters
        ]
        others = [each for each in variables if each not in in_path]
        in_query = others if binding.method == "GET" else []
        if parameters := [
            *(self._parameter(each, "path") for each in in_path),
            *(self._parameter(each, "query") for each in in_query),
        ]:
            described["parameters"] = parameters
        if others and not in_query:
            described["requestBody"] = self._body(others)
        security = self.api.credentials.requirement(
            required=self.api.needs_credential(stored)
        )
        if security:
            described["security"] = security
        described["responses"] = self._responses(
            stored, response, has_body="requestBody" in described
        )
        return described

    def _parameter(self, node: VariableDefinitionNode, place: str) -> JSONObject:
        type_ = type_from_ast(self.api.schema, node.type)
        inner, is_required = without_non_null(type_)
        has_default = node.default_value is not None
        described: JSONObject = {
            "name": _name(node),
            "in": place,
            "required": place == "path" or (is_required and not has_default),
        }
        if isinstance(inner, GraphQLInputObjectType):
            described["content"] = {JSON: {"schema": self.components.named(inner)}}
        else:
            described["schema"] = {**self._of_texts(inner), **_default(node)}
        return described

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

    def _body(self, variables: Sequence[VariableDefinitionNode]) -> JSONObject:
        properties: JSONObject = {}
        required: list[str] = []
        for node in variables:
            type_ = type_from_ast(self.api.schema, node.type)
            default = _default(node)
            properties[_name(node)] = {**self.components.input(type_), **default}
            if without_non_null(type_)[1] and not default:
                required.append(_name(node))
        schema = closed_object(properties, required)
        return {"required": bool(required), "content": {JSON: {"schema": schema}}}

    def _responses(
        self, stored: StoredOperation, schema: JSONObject, *, has_body: bool
    ) -> JSONObject:
        described: JSONObject = {
            "200": {
                "description": "The data, or the part of it that services returned.",
                "headers": _HEADERS,
                "content": {JSON: {"schema": schema}},
            }
        }
        if not stored.mutates:
            described["304"] = {"description": "The data has not changed."}
        errors: list[type[WeirError]] = [*_ERRORS]
        if self.api.credentials.schemes:
            errors += _ERRORS_OF_CALLERS
        if stored.mutates or has_body:
            errors += _ERRORS_OF_BODIES
        for error in sorted(errors, key=lambda each: each.row.status):
            described[str(error.row.status)] = _problem(error.row.title)
        described["default"] = _problem("Another error.")
        return described


_HEADERS: Final[JSONObject] = {
    "ETag": {
        "description": "The version of the data, if nothing is missing.",
        "schema": {"type": "string"},
    },
    "Weir-Completed": {
        "description": "`false` if a part of the data is missing; see `_weir`.",
        "schema": {"type": "string", "const": "false"},
    },
}


def _notes(binding: RestBinding) -> JSONObject:
    notes: JSONObject = {}
    if binding.summary:
        notes["summary"] = binding.summary
    if binding.tags:
        notes["tags"] = [*binding.tags]
    return notes


def _problem(description: str) -> JSONObject:
    return {"$ref": f"#/components/responses/{PROBLEM}", "description": description}


def _name(node: VariableDefinitionNode) -> str:
    return node.variable.name.value


def _default(node: VariableDefinitionNode) -> JSONObject:
    if node.default_value is None:
        return {}
    return {"default": value_from_ast_untyped(node.default_value)}
