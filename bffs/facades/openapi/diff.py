"""The changes between two descriptions of an API: breaking, dangerous or safe.

Descriptions are those of `openapi_document`; of another one, the parts that have the
same form are compared.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from weir.bffs.facades.openapi.json_schema import JSON
from weir.bffs.facades.openapi.schema_diff import SchemaDiff, Side
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.schema.diff import Change, Severity

_METHODS: Final = ("get", "put", "post", "delete", "patch")
_NAME: Final = re.compile(r"\{[^}]*\}")
_ORDER: Final = (Severity.BREAKING, Severity.DANGEROUS, Severity.SAFE)


def openapi_diff(old: JSONObject, new: JSONObject) -> tuple[Change, ...]:
    """Return the changes for clients of an API, the worst first."""
    found = [*_server_changes(old, new)]
    before, after = dict(_endpoints(old)), dict(_endpoints(new))
    for key, (name, operation) in before.items():
        if key in after:
            comparison = _EndpointDiff(old, new, name)
            found += comparison.changes(operation, after[key][1])
        else:
            text = f"{name} was removed."
            found.append(Change(Severity.BREAKING, "ENDPOINT_REMOVED", text))
    for key in (each for each in after if each not in before):
        text = f"{after[key][0]} was added."
        found.append(Change(Severity.SAFE, "ENDPOINT_ADDED", text))
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda each: _ORDER.index(each.severity)))


def _endpoints(
    document: JSONObject,
) -> Iterator[tuple[tuple[str, str], tuple[str, JSONObject]]]:
    """Yield each endpoint by its method and path, without the names of parameters."""
    for path, item in _object(document.get("paths")).items():
        for method in _METHODS:
            if is_object(operation := _object(item).get(method)):
                key = method, _NAME.sub("{}", path)
                yield key, (f"{method.upper()} {path}", operation)


def _server_changes(old: JSONObject, new: JSONObject) -> Iterator[Change]:
    before, after = ([each["url"] for each in _servers(one)] for one in (old, new))
    if not {*before} <= {*after}:
        text = "The address of the API has changed."
        yield Change(Severity.BREAKING, "SERVER_CHANGED", text)
    elif before != after:
        text = "The addresses of the API have changed. All former ones remain."
        yield Change(Severity.SAFE, "SERVERS_ADDED", text)


def _servers(document: JSONObject) -> list[JSONObject]:
    # OpenAPI 3.1.1 §4.8.1.1: the default is the address "/".
    servers: list[JSONObject] = document.get("servers") or [{"url": "/"}]
    return servers


@dataclass(frozen=True, slots=True)
class _EndpointDiff:
    """A comparison of two operations of an endpoint, by its name."""

    old: JSONObject
    new: JSONObject
    name: str

    def changes(self, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        yield from self._parameters(old, new)
        yield from self._body(
            _object(old.get("requestBody")), _object(new.get("requestBody"))
        )
        yield from self._responses(
            _object(old.get("responses")), _object(new.get("responses"))
        )
        yield from self._credentials(_security(old), _security(new))
        if new.get("deprecated") and not old.get("deprecated"):
            yield self._change(Severity.DANGEROUS, "DEPRECATED", "it is deprecated now")

    def _parameters(self, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        before, after = dict(_parameters(old)), dict(_parameters(new))
        for key, parameter in before.items():
            if key in after:
                yield from self._parameter(key[1], parameter, after[key])
            else:
                text = f"the parameter `{key[1]}` was removed"
                yield self._change(Severity.BREAKING, "PARAMETER_REMOVED", text)
        for key in (each for each in after if each not in before):
            required = bool(after[key].get("required"))
            severity = Severity.BREAKING if required else Severity.SAFE
            text = f"the {_kind(required)} parameter `{key[1]}` was added"
            yield self._change(severity, "PARAMETER_ADDED", text)

    def _parameter(
        self, name: str, old: JSONObject, new: JSONObject
    ) -> Iterator[Change]:
        before, after = bool(old.get("required")), bool(new.get("required"))
        if before != after:
            severity = Severity.BREAKING if after else Severity.SAFE
            text = f"the parameter `{name}` is {_kind(after)} now"
            yield self._change(severity, "REQUIRED_CHANGED", text)
        forms = [
            [each.get(key) for key in ("style", "explode")] + ["content" in each]
            for each in (old, new)
        ]
        if forms[0] != forms[1]:
            text = f"the parameter `{name}` is written in another form"
            yield self._change(Severity.BREAKING, "FORM_CHANGED", text)
            return
        yield from self._compare(
            Side.SENDER, f"parameter `{name}`", _schema(old), _schema(new)
        )

    def _body(self, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        if not (old and new):
            yield from self._added_or_removed_body(old, new)
            return
        before, after = bool(old.get("required")), bool(new.get("required"))
        if before != after:
            severity = Severity.BREAKING if after else Severity.SAFE
            text = f"the body is {_kind(after)} now"
            yield self._change(severity, "REQUIRED_CHANGED", text)
        yield from self._compare(Side.SENDER, "body", _schema(old), _schema(new))

    def _added_or_removed_body(
        self, old: JSONObject, new: JSONObject
    ) -> Iterator[Change]:
        if old:
            text = "it does not take a body any more"
            yield self._change(Severity.BREAKING, "BODY_REMOVED", text)
        elif new:
            required = bool(new.get("required"))
            severity = Severity.BREAKING if required else Severity.SAFE
            text = f"it takes a body now, which is {_kind(required)}"
            yield self._change(severity, "BODY_ADDED", text)

    def _responses(self, old: JSONObject, new: JSONObject) -> Iterator[Change]:
        before = {each for each in old if each.startswith("2")}
        after = {each for each in new if each.startswith("2")}
        if before != after:
            text = f"it responds {_listed(after)} in place of {_listed(before)}"
            yield self._change(Severity.BREAKING, "STATUS_CHANGED", text)
        for status in sorted(before & after):
            schemas = (_schema(_object(each[status])) for each in (old, new))
            yield from self._compare(Side.RECEIVER, "response", *schemas)

    def _credentials(
        self, old: list[JSONValue], new: list[JSONValue]
    ) -> Iterator[Change]:
        # The empty alternative admits anonymous callers, as no alternative does.
        if new and {} not in new and any(each not in new for each in old or [{}]):
            text = "it needs other credentials"
            yield self._change(Severity.BREAKING, "CREDENTIALS_CHANGED", text)

    def _compare(
        self, side: Side, part: str, old: JSONValue, new: JSONValue
    ) -> Iterator[Change]:
        place = f"{self.name}: {part}"
        yield from SchemaDiff(self.old, self.new, side, place).changes(old, new)

    def _change(self, severity: Severity, kind: str, text: str) -> Change:
        return Change(severity, kind, f"{self.name}: {text}.")


def _object(value: JSONValue) -> JSONObject:
    return value if is_object(value) else {}


def _parameters(operation: JSONObject) -> Iterator[tuple[tuple[str, str], JSONObject]]:
    """Yield each parameter by its place and name; those of a path by their order."""
    given = operation.get("parameters")
    in_path = 0
    for each in given if is_list(given) else ():
        parameter = _object(each)
        place, name = str(parameter.get("in")), str(parameter.get("name"))
        if place == "path":
            in_path += 1
            name = f"{in_path}. of the path"
        yield (place, name.lower() if place == "header" else name), parameter


def _schema(part: JSONObject) -> JSONValue:
    """Return the schema of a parameter, a body or a response."""
    content = _object(_object(part.get("content")).get(JSON))
    return content.get("schema") if content else part.get("schema")


def _security(operation: JSONObject) -> list[JSONValue]:
    found = operation.get("security")
    return found if is_list(found) else []


def _kind(required: bool) -> str:  # noqa: FBT001 - a word for a truth value
    return "required" if required else "optional"


def _listed(statuses: set[str]) -> str:
    return ", ".join(sorted(statuses)) or "no status"
