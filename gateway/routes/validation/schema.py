"""Compiled JSON Schemas.

Schemas are compiled at load, and refer only to the document that they are from.
Patterns run in an engine without backtracking, so that no text makes them slow. All
errors are collected only for small values, as a large one may have one at each item.
Errors that are too expensive to explain have no reason (`explanations`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import jsonschema_rs

from weir.gateway.json_types import JSONValue
from weir.gateway.routes.validation.explanations import Explanations, explanations
from weir.gateway.routes.validation.references import References
from weir.gateway.routes.violation import Place, Violation, token

_COLLECTED_BYTES: Final = 16 * 1024
_MOST: Final = 50
_DOCUMENT: Final = "urn:document"


class InvalidSchema(ValueError):
    """A schema that is not valid; the message is the reason."""


class Schema:
    """A compiled schema, with the values whose errors it explains."""

    __slots__ = ("_explanations", "_validator")

    def __init__(
        self, validator: jsonschema_rs.Validator, explanations: Explanations
    ) -> None:
        self._validator = validator
        self._explanations = explanations

    def violations(
        self, value: JSONValue, place: Place, before: str = "", *, size: int = 0
    ) -> tuple[Violation, ...]:
        """Return the violations of a value of `size` bytes; `before` is its pointer.

        For a large value, it is only the first of them, or one without a reason.
        """
        if self._validator.is_valid(value):
            return ()
        if not self._explanations.explain(value, size):
            message = "The value is not valid, and too large or deep for a reason."
            return (Violation(place, before, message),)
        if size > _COLLECTED_BYTES:
            return (self._first(value, place, before),)
        found = self._validator.evaluate(value).errors()[:_MOST]
        violations = (
            Violation(
                place,
                before + each["instanceLocation"],
                each["error"],
                _keyword(each["schemaLocation"].split("/")),
            )
            for each in found
        )
        return tuple(dict.fromkeys(violations))

    def _first(self, value: JSONValue, place: Place, before: str) -> Violation:
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            pointer = "".join(token(str(each)) for each in error.instance_path)
            keyword = _keyword(error.schema_path)
            return Violation(place, before + pointer, error.message, keyword)
        message = "The value is not valid."
        return Violation(place, before, message)


class Schemas:
    """Compiles the schemas of one document; raise InvalidSchema for its references."""

    __slots__ = ("_draft", "_references", "_registry")

    def __init__(self, document: Mapping[str, Any], *, is_draft4: bool = False) -> None:
        self._draft: Callable[..., jsonschema_rs.Validator] = (
            jsonschema_rs.Draft4Validator
            if is_draft4
            else jsonschema_rs.Draft202012Validator
        )
        draft = jsonschema_rs.Draft4 if is_draft4 else jsonschema_rs.Draft202012
        self._references = References(dict(document))
        try:
            self._registry = jsonschema_rs.Registry(
                [(_DOCUMENT, dict(document))], draft=draft, retriever=_no_retrieval
            )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            message = str(error).splitlines()[0]
            raise InvalidSchema(message) from error

    def compiled(self, pointer: str) -> Schema:
        """Compile the schema at a pointer of the document; raise InvalidSchema."""
        # RFC 6901 §6: a fragment of a URI is percent-encoded.
        reference = {"$ref": f"{_DOCUMENT}#{quote(pointer, safe='/~')}"}
        try:
            validator = self._draft(
                reference,
                registry=self._registry,
                validate_formats=True,
                pattern_options=jsonschema_rs.RegexOptions(),
                offline=True,
            )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            message = str(error).splitlines()[0]
            raise InvalidSchema(message) from error
        return Schema(validator, explanations(pointer, self._references))


def _no_retrieval(uri: str) -> Any:
    message = f"a reference to another document is not followed: {uri}"
    raise ValueError(message)


def _keyword(path: Sequence[str | int]) -> str:
    return str(path[-1]) if path and path[-1] else "schema"
