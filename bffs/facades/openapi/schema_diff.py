"""The changes between two JSON Schemas of a description, for a sender or a receiver.

A schema of a request has to accept what it accepted: clients are the senders. A schema
of a response has to promise what it promised: clients are the receivers.
"""

from collections.abc import Iterator, KeysView
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.schema.diff import Change, Severity

_LONGEST_CHAIN: Final = 16
"""A chain of references that is longer leads in a circle."""
_NULL: Final[JSONObject] = {"type": "null"}
_FORMS: Final = ("type", "format", "contentMediaType", "minProperties", "maxProperties")


class Side(Enum):
    """The role of clients for a schema."""

    SENDER = "request"
    RECEIVER = "response"


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """A comparison of the schemas at one place, with the documents they refer to."""

    old: JSONObject
    new: JSONObject
    side: Side
    place: str
    """The endpoint, and the part of it."""
    _seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def changes(
        self, old: JSONValue, new: JSONValue, path: str = ""
    ) -> Iterator[Change]:
        """Yield the changes of a value at `path`, such as `items[].name`."""
        one, other = _settled(self.old, old), _settled(self.new, new)
        if one.is_nullable != other.is_nullable:
            yield self._may_be_null(path, now=other.is_nullable)
        if one.name and other.name:
            if (one.name, other.name) in self._seen:
                return
            self._seen.add((one.name, other.name))
        yield from self._of_values(one.schema, other.schema, path)

    def _of_values(
        self, one: JSONObject, other: JSONObject, path: str
    ) -> Iterator[Change]:
        alternatives = _alternatives(one), _alternatives(other)
        if max(map(len, alternatives)) > 1:
            yield from self._of_alternatives(*alternatives, path)
            return
        if any(one.get(each) != other.get(each) for each in _FORMS):
            yield self._change(
                Severity.BREAKING,
                "TYPE_CHANGED",
                path,
                f"changed from {_shown(one)} to {_shown(other)}",
            )
            return
        yield from self._of_enum(one, other, path)
        yield from self._of_default(one, other, path)
        yield from self._of_properties(one, other, path)
        if "items" in one and "items" in other:
            yield from self.changes(one["items"], other["items"], f"{path}[]")

    def _may_be_null(self, path: str, *, now: bool) -> Change:
        breaks = now is (self.side is Side.RECEIVER)
        severity = Severity.BREAKING if breaks else Severity.SAFE
        can = "may be null now" if now else "cannot be null any more"
        return self._change(severity, "NULLABILITY_CHANGED", path, can)

    def _of_enum(self, old: JSONObject, new: JSONObject, path: str) -> Iterator[Change]:
        before, after = _names(old.get("enum")), _names(new.get("enum"))
        is_sender = self.side is Side.SENDER
        for name in (each for each in before if each not in after):
            severity = Severity.BREAKING if is_sender else Severity.SAFE
            text = f"does not have the value {name} any more"
            yield self._change(severity, "VALUE_REMOVED", path, text)
        for name in (each for each in after if each not in before):
            severity = Severity.SAFE if is_sender else Severity.DANGEROUS
            yield self._change(
                severity, "VALUE_ADDED", path, f"has the new value {name}"
            )

    def _of_default(
        self, old: JSONObject, new: JSONObject, path: str
    ) -> Iterator[Change]:
        if old.get("default") != new.get("default"):
            text = "has another default"
            yield self._change(Severity.DANGEROUS, "DEFAULT_CHANGED", path, text)

    def _of_properties(
        self, old: JSONObject, new: JSONObject, path: str
    ) -> Iterator[Change]:
        before, after = _object(old.get("properties")), _object(new.get("properties"))
        required = _names(old.get("required")), _names(new.get("required"))
        for name, schema in before.items():
            below = f"{path}.{name}" if path else name
            if name not in after:
                text = "was removed"
                yield self._change(Severity.BREAKING, "MEMBER_REMOVED", below, text)
                continue
            if (name in required[0]) != (name in required[1]):
                yield self._is_required(below, now=name in required[1])
            yield from self.changes(schema, after[name], below)
        for name in (each for each in after if each not in before):
            below = f"{path}.{name}" if path else name
            breaks = self.side is Side.SENDER and name in required[1]
            severity = Severity.BREAKING if breaks else Severity.SAFE
            text = "was added, and is required" if breaks else "was added"
            yield self._change(severity, "MEMBER_ADDED", below, text)

    def _is_required(self, path: str, *, now: bool) -> Change:
        breaks = now is (self.side is Side.SENDER)
        severity = Severity.BREAKING if breaks else Severity.SAFE
        if self.side is Side.SENDER:
            text = "is required now" if now else "is optional now"
        else:
            text = "is always there now" if now else "may be missing now"
        return self._change(severity, "REQUIRED_CHANGED", path, text)

    def _of_alternatives(
        self, old: list[JSONValue], new: list[JSONValue], path: str
    ) -> Iterator[Change]:
        """Compare the alternatives of a value; equal names of types are one of both."""
        before = {_kind(self.old, each): each for each in old}
        after = {_kind(self.new, each): each for each in new}
        is_sender = self.side is Side.SENDER
        for kind, schema in before.items():
            if kind in after:
                yield from self.changes(schema, after[kind], path)
                continue
            severity = Severity.BREAKING if is_sender else Severity.SAFE
            text = f"is not {kind} any more"
            yield self._change(severity, "ALTERNATIVE_REMOVED", path, text)
        for kind in (each for each in after if each not in before):
            severity = Severity.SAFE if is_sender else Severity.DANGEROUS
            text = f"may be {kind} now"
            yield self._change(severity, "ALTERNATIVE_ADDED", path, text)

    def _change(self, severity: Severity, kind: str, path: str, text: str) -> Change:
        subject = f"`{path}` " if path else ""
        return Change(severity, kind, f"{self.place}: {subject}{text}.")


def _object(value: JSONValue) -> JSONObject:
    return value if is_object(value) else {}


def _names(value: JSONValue) -> KeysView[str]:
    """Return the texts of a list, in its order."""
    return dict.fromkeys(map(str, value) if is_list(value) else ()).keys()


@dataclass(frozen=True, slots=True)
class _Settled:
    """A schema without a reference and null; `name` is the last reference to it."""

    schema: JSONObject
    is_nullable: bool
    name: str


def _settled(document: JSONObject, schema: JSONValue) -> _Settled:
    found, is_nullable, name = _object(schema), False, ""
    for _ in range(_LONGEST_CHAIN):
        found, has_null = _without_null(found)
        is_nullable |= has_null
        alternatives = _alternatives(found)
        if isinstance(reference := found.get("$ref"), str):
            name = reference
            siblings = {key: each for key, each in found.items() if key != "$ref"}
            found = {**_target(document, reference), **siblings}
        elif len(alternatives) == 1 and alternatives[0] is not found:
            found = _object(alternatives[0])
        else:
            return _Settled(found, is_nullable, name)
    return _Settled({}, is_nullable, name)


def _target(document: JSONObject, reference: str) -> JSONObject:
    """Return what a reference names; one that leads nowhere is empty."""
    target: JSONValue = document
    for step in reference.removeprefix("#/").split("/"):
        target = _object(target).get(step)
    return _object(target)


def _without_null(schema: JSONObject) -> tuple[JSONObject, bool]:
    types = schema.get("type")
    if is_list(types) and "null" in types:
        others = [each for each in types if each != "null"]
        return {**schema, "type": others[0] if len(others) == 1 else others}, True
    found = schema.get("anyOf")
    if is_list(found) and _NULL in found:
        return {**schema, "anyOf": [each for each in found if each != _NULL]}, True
    return schema, False


def _alternatives(schema: JSONObject) -> list[JSONValue]:
    found = schema.get("anyOf")
    return found if is_list(found) else [schema]


def _kind(document: JSONObject, schema: JSONValue) -> str:
    """Return the name of an alternative: its names of types, or its members."""
    properties = _object(_settled(document, schema).schema.get("properties"))
    for each in properties.values():
        if names := _names(_object(each).get("enum")):
            return " or ".join(names)
    return f"an object with {', '.join(properties) or 'no members'}"


def _shown(schema: JSONObject) -> str:
    return str(schema.get("format") or schema.get("type") or "any value")
