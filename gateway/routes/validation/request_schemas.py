"""Schemas of OpenAPI as JSON Schema has them, for the bodies and values of requests."""

from weir.gateway.json_types import JSONValue, is_list, is_object


def request_schemas(value: JSONValue, *, is_draft4: bool) -> JSONValue:
    """Return a part of a document with its schemas in this form.

    `nullable` of OpenAPI 3.0 becomes a type. A property that is `readOnly` is not
    required in a request (OpenAPI 3.1 §4.8.24.1).
    """
    if is_list(value):
        return [request_schemas(each, is_draft4=is_draft4) for each in value]
    if not is_object(value):
        return value
    schema = {
        str(key): request_schemas(each, is_draft4=is_draft4)
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
            each for each in required if not _is_read_only(properties.get(str(each)))
        ]
        if not schema["required"]:
            # Draft 4 §5.4.3.1: this list is not empty.
            del schema["required"]
    return schema


def _is_read_only(schema: JSONValue) -> bool:
    return is_object(schema) and schema.get("readOnly") is True
