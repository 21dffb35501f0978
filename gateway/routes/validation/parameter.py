"""Parameters of requests: their texts become JSON values by their styles.

https://spec.openapis.org/oas/v3.1.0#parameter-object
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from weir.gateway.json_types import JSONObject, JSONValue
from weir.gateway.routes.violation import Place, Violation, token

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?")
_EXPLODED: Final = ("query", "cookie")
"""The places in which each property of an exploded object has a parameter."""
_FIELDS: Final = ("header", "response header")
"""The places of lists with optional whitespace (RFC 9110 §5.6.1)."""
_WHITESPACE: Final = " \t"
_BOOLEANS: Final = {"true": True, "false": False}

Texts: TypeAlias = Mapping[str, Sequence[str]]
"""The texts of parameters by name, all of a repeated one."""


class ValueSchema(Protocol):
    """The schema of a value."""

    def violations(
        self, value: JSONValue, place: Place, before: str = "", *, size: int = 0
    ) -> tuple[Violation, ...]:
        """Return the violations of a value."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The types of a value as far as its text depends on them.

    `type` is "" if the schema allows several. `items` is that of a list's items, and
    `properties` those of an object.
    """

    type: str = ""
    items: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of one operation; `separator` is that of a list in one text.

    With `explode`, a list in a query has a parameter for each item, an object in a
    query or cookie one for each property, and other objects have members such as
    `key=value`. With `deep`, an object has parameters such as `name[key]`.
    """

    name: str
    place: Place
    required: bool
    schema: ValueSchema
    shape: Shape
    explode: bool = False
    separator: str = ","
    deep: bool = False

    def violations(self, texts: Texts) -> tuple[Violation, ...]:
        """Return the violations of the parameter in the texts of its place."""
        members = self._members(texts)
        if self._is_repeated(texts, members):
            # A service could use another one than the one that is checked.
            return (Violation(self.place, token(self.name), "It is repeated."),)
        if self.deep and any("[" in key or "]" in key for key in members or ()):
            return (Violation(self.place, token(self.name), "It is nested."),)
        value = self._value(texts.get(self.name))
        if members is not None:
            pairs = [(key, each[0]) for key, each in members.items()]
            value = self._object(pairs) if pairs else None
        if value is not None:
            return self.schema.violations(value, self.place, token(self.name))
        if not self.required:
            return ()
        return (Violation(self.place, token(self.name), "It is required."),)

    def _is_repeated(self, texts: Texts, members: Texts | None) -> bool:
        if members is not None:
            return any(len(each) > 1 for each in members.values())
        return not self._is_exploded_list and len(texts.get(self.name, ())) > 1

    def _members(self, texts: Texts) -> Texts | None:
        """Return the texts of an object's properties, if each has a parameter."""
        if self.deep:
            start = f"{self.name}["
            return {
                name[len(start) : -1]: each
                for name, each in texts.items()
                if name.startswith(start) and name.endswith("]")
            }
        if self.explode and self.shape.type == "object" and self.place in _EXPLODED:
            known = (name for name, _ in self.shape.properties)
            return {name: texts[name] for name in known if name in texts}
        return None

    def _value(self, texts: Sequence[str] | None) -> JSONValue:
        if not texts:
            return None
        match self.shape.type:
            case "array":
                items = texts if self._is_exploded_list else self._split(texts[0])
                items = items if items != [""] else []
                return [value_of(each, self.shape.items) for each in items]
            case "object":
                pairs = self._pairs(texts[0])
                return texts[0] if pairs is None else self._object(pairs)
            case _:
                return value_of(texts[0], self.shape.type)

    @property
    def _is_exploded_list(self) -> bool:
        """Whether each item has a parameter; outside of queries, they share one."""
        return self.explode and self.shape.type == "array" and self.place == "query"

    def _split(self, text: str) -> list[str]:
        parts = text.split(self.separator)
        if self.place in _FIELDS:
            return [each.strip(_WHITESPACE) for each in parts]
        return parts

    def _pairs(self, text: str) -> Sequence[tuple[str, str]] | None:
        """Return the properties in one text, or None if it has another form.

        A service could use another value of a repeated one, or one without a name.
        """
        parts = self._split(text) if text else []
        if self.explode:
            split = (each.partition("=") for each in parts)
            pairs = [(name, value) for name, _, value in split]
        elif len(parts) % 2:
            return None
        else:
            pairs = list(zip(parts[::2], parts[1::2], strict=True))
        return pairs if len(dict(pairs)) == len(pairs) else None

    def _object(self, pairs: Sequence[tuple[str, str]]) -> JSONObject:
        types = dict(self.shape.properties)
        return {name: value_of(text, types.get(name, "")) for name, text in pairs}


def value_of(text: str, type_: str) -> JSONValue:
    """Return the value of a text by its type; a text that has another form remains."""
    match type_:
        case "integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "number" if _NUMBER.fullmatch(text):
            return float(text)
        case "boolean":
            return _BOOLEANS.get(text, text)
        case _:
            return text
