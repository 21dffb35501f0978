"""Sample values of JSON Schemas, for the examples of an API's documentation."""

from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue

_MAX_DEPTH: Final = 5
_BY_TYPE: Final[JSONObject] = {"integer": 1, "number": 1.5, "boolean": True}


def sample(schema: JSONObject, components: JSONObject, depth: int = 0) -> JSONValue:
    """Return a value of a schema; objects have their required members only.

    `components` are the schemas that references may name. Below a depth, null is in
    place of a value, as types may contain themselves.
    """
    if depth > _MAX_DEPTH:
        return None
    if (reference := schema.get("$ref")) is not None:
        named = components.get(reference.rpartition("/")[2], {})
        return sample(named, components, depth + 1)
    for alternatives in ("anyOf", "oneOf"):
        if alternatives in schema:
            return sample(schema[alternatives][0], components, depth + 1)
    for stated in ("default", "const"):
        if stated in schema:
            return schema[stated]
    if "enum" in schema:
        return schema["enum"][0]
    return _of_type(_type(schema), schema, components, depth)


def _of_type(
    type_: str, schema: JSONObject, components: JSONObject, depth: int
) -> JSONValue:
    match type_:
        case "array":
            return [sample(schema.get("items", {}), components, depth + 1)]
        case "object":
            properties = schema.get("properties", {})
            return {
                name: sample(properties.get(name, {}), components, depth + 1)
                for name in schema.get("required", ())
            }
        case _:
            return _BY_TYPE.get(type_, "string")


def _type(schema: JSONObject) -> str:
    types = schema.get("type", "string")
    return types if isinstance(types, str) else types[0]
