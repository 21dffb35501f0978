"""The validation of the messages of one operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.bodies.form_body import FormBody
from weir.gateway.routes.bodies.json_body import JsonBody
from weir.gateway.routes.matching.path import BYTES
from weir.gateway.routes.matching.template import PathTemplate
from weir.gateway.routes.validation.parameter import (
    Parameter,
    Texts,
    ValueSchema,
    value_of,
)
from weir.gateway.routes.violation import Place, Violation

_JSON = JsonBody()
_FORM = FormBody()
_DEFAULT: Final = "DEFAULT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """The schema of bodies of a media type; `types` are those of a form's fields."""

    schema: ValueSchema | None
    types: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRule:
    """The bodies of an operation by media type, which may be `text/*` or `*/*`."""

    required: bool = False
    content: Mapping[str, MediaType]

    def media_type(self, content_type: bytes) -> MediaType | None:
        """Return the rule for a Content-Type, or None if it is not allowed."""
        name = content_type.partition(b";")[0].strip().lower().decode("latin-1")
        for each in (name, f"{name.partition('/')[0]}/*", "*/*"):
            if each in self.content:
                return self.content[each]
        return None

    def reads(self, rule: MediaType, content_type: bytes) -> bool:
        """Return whether a body is validated: it has a schema, and a known format."""
        return rule.schema is not None and _decoder(content_type, rule) is not None

    def violations(
        self, rule: MediaType, content_type: bytes, body: bytes, place: Place = "body"
    ) -> tuple[Violation, ...]:
        """Return the violations of a body; those in other formats are not checked."""
        decode = _decoder(content_type, rule)
        if rule.schema is None or decode is None:
            return ()
        try:
            value = decode(body)
        except BodyError as error:
            return (Violation(place, "", f"The body cannot be read: {error}."),)
        return rule.schema.violations(value, place, size=len(body))


def _decoder(
    content_type: bytes, rule: MediaType
) -> Callable[[bytes], JSONValue] | None:
    media_type = content_type.partition(b";")[0].strip().lower()
    if _JSON.accepts(media_type):
        return _JSON.decode
    if _FORM.accepts(media_type):
        return lambda body: _typed(_FORM.decode(body), dict(rule.types))
    return None


def _typed(form: JSONValue, types: Mapping[str, str]) -> JSONObject:
    assert is_object(form), "a form is an object"
    return {
        name: [value_of(each, types.get(name, "")) for each in value]
        if is_list(value)
        else value_of(value, types.get(name, ""))
        for name, value in form.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRule:
    """The header fields and the bodies of a response; without content, any body."""

    headers: tuple[Parameter, ...] = ()
    body: BodyRule

    def violations(self, headers: Headers) -> tuple[Violation, ...]:
        """Return the violations of the header fields, by their combined lines."""
        lines: dict[str, list[str]] = {}
        for name, value in headers:
            lines.setdefault(name.decode(BYTES), []).append(value.decode(BYTES))
        # RFC 9110 §5.3: lines of the same name are one list.
        texts = {name: [", ".join(values)] for name, values in lines.items()}
        return tuple(each for rule in self.headers for each in rule.violations(texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its name for telemetry, its parameters and its bodies.

    `responses` are those by a status, a class of statuses such as `2XX`, or `DEFAULT`.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    body: BodyRule | None = None
    responses: Mapping[str, ResponseRule] = field(
        default_factory=dict[str, ResponseRule]
    )

    def response(self, status: int) -> ResponseRule | None:
        """Return the rule for a response, or None if it is not described."""
        for each in (str(status), f"{status // 100}XX", _DEFAULT):
            if each in self.responses:
                return self.responses[each]
        return None

    def violations(self, texts: Mapping[Place, Texts]) -> tuple[Violation, ...]:
        """Return the violations of the parameters, by the texts of each place."""
        return tuple(
            found
            for parameter in self.parameters
            for found in parameter.violations(texts[parameter.place])
        )

    def uses(self, place: Place) -> bool:
        """Return whether a parameter is in a place."""
        return any(each.place == place for each in self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedOperation:
    """An operation with its method and path."""

    method: str
    template: PathTemplate
    operation: Operation
