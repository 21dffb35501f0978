"""Schemas of OpenAPI as JSON Schema has them, for requests or for responses."""

from typing import Literal, TypeAlias

from weir.gateway.json_types import JSONValue, is_list, is_object

OneWay: TypeAlias = Literal["readOnly", "writeOnly"]
"""The mark of properties that only responses, or only requests, have."""


def message_schemas(value: JSONValue, *, without: OneWay, is_draft4: bool) -> JSONValue:
    """Return a part of a document with its schemas in this form.

    `nullable` of OpenAPI 3.0 becomes a type. A property with the mark `without` is not
    required: one that is `readOnly` in a request, and one that is `writeOnly` in a
    response (OpenAPI 3.1 §4.8.24.1).
    """
    if is_list(value):
        return [
            message_schemas(each, without=without, is_draft4=is_draft4)
            for each in value
        ]
    if not is_object(value):
        return value
    schema = {
        str(key): message_schemas(each, without=without, is_draft4=is_draft4)
        for key, each in value.items()
    }
    type_ = schema.get("type")
    if is_draft4 and schema.get("nullable") is True and isinstance(type_, str):
        schema["type"] = [type_, "null"]
        if is_list(schema.get("enum")):
            schema["enum"] = [*schema["enum"], None]
    properties, required = schema.get("properties"), schema.get("required")
    if is_object(properties) and is_list(required):
        schema["required"] = [
            each
            for each in required
            if not _is_marked(properties.get(str(each)), without)
        ]
        if not schema["required"]:
            # Draft 4 §5.4.3.1: this list is not empty.
            del schema["required"]
    return schema


def _is_marked(schema: JSONValue, mark: OneWay) -> bool:
    return is_object(schema) and schema.get(mark) is True
