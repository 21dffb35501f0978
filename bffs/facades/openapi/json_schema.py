"""JSON Schema as OpenAPI 3.1 uses it (draft 2020-12)."""

from typing import Final

from weir.gateway.json_types import JSONObject

JSON: Final = "application/json"


def nullable(schema: JSONObject) -> JSONObject:
    """Return the schema of what `schema` allows, or null."""
    if not schema:
        return schema
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: JSONObject) -> JSONObject:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def closed_object(properties: JSONObject, required: list[str]) -> JSONObject:
    """Return the schema of an object without other properties."""
    schema: JSONObject = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def described(schema: JSONObject, description: str | None, *, old: bool) -> JSONObject:
    """Add a description, and the mark of a deprecation."""
    notes: JSONObject = {"description": description} if description else {}
    if old:
        notes["deprecated"] = True
    return {**schema, **notes} if notes else schema
