"""The JSON Schema of weir.yaml, for editors.

https://json-schema.org/draft/2020-12
"""

from typing import Any, Final, TypeAlias

from weir.bffs.config.model.root import Config
from weir.bffs.config.written import WRITTEN
from weir.gateway.json_types import JSONValue, is_list, is_object

JSONSchema: TypeAlias = dict[str, Any]

# Notes for errors and the reference, which are not keywords of JSON Schema.
_NOTES: Final = frozenset({"kind", "expected", "secret", "title"})
_VARIABLE: Final = {"type": "string", "pattern": r"\$\{"}
_NUMBER: Final = r"[0-9]+(\.[0-9]+)?"
_PATTERNS: Final = {
    "duration": rf"^\s*{_NUMBER}\s*(ms|s|m|h)\s*$",
    "percentage": rf"^\s*{_NUMBER}\s*%\s*$",
    "size": r"^\s*[0-9]+\s*([Bb]|[KkMmGg][Ii]?[Bb])\s*$",
}
_RANGES: Final = frozenset({"ge", "gt", "le"})
_SCALARS: Final = frozenset({"boolean", "integer", "number", "string"})


def config_schema() -> JSONSchema:
    """Return the schema of weir.yaml; every value may be a reference to a variable."""
    schema = _cleaned(Config.model_json_schema(mode="validation"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "weir.yaml",
        **schema,
    }


def _cleaned(schema: JSONSchema) -> JSONSchema:
    """Return a schema and those within it without notes, with defaults as written."""
    cleaned = {
        key: _below(key, value)
        for key, value in schema.items()
        if key not in _NOTES and key != "default"
    }
    kind, default = str(schema.get("kind", "")), schema.get("default")
    if "default" in schema and not (is_object(default) or default is None):
        written = WRITTEN[kind](default) if kind in WRITTEN else default
        cleaned["default"] = written
    if kind in _PATTERNS and cleaned.get("type") == "string":
        # pydantic adds the range of the number with names that are not keywords.
        cleaned = {key: cleaned[key] for key in cleaned if key not in _RANGES}
        cleaned["pattern"] = _PATTERNS[kind]
    return _or_variable(cleaned)


def _below(key: str, value: JSONValue) -> JSONValue:
    if key in ("properties", "$defs", "patternProperties") and is_object(value):
        return {name: _cleaned(each) for name, each in value.items()}
    if key == "propertyNames":
        return {name: each for name, each in value.items() if name not in _NOTES}
    if is_object(value):
        return _cleaned(value)
    if is_list(value):
        return [_cleaned(each) if is_object(each) else each for each in value]
    return value


def _or_variable(schema: JSONSchema) -> JSONSchema:
    """Return a schema that also accepts a text with `${NAME}`."""
    described: JSONSchema = {
        key: schema[key] for key in ("description", "default") if key in schema
    }
    rest = {key: value for key, value in schema.items() if key not in described}
    if schema.get("type") not in _SCALARS or rest == {"type": "string"}:
        return schema
    return {**described, "anyOf": [rest, dict(_VARIABLE)]}
