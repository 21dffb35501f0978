"""The responses of the stored queries of a façade while a service has a fault.

Each query runs twice: while all services work, and later, with the fault. The text that
is made of both is for people: it names each field that becomes null, stale or another
value, and each response that fails.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import orjson
from graphql import OperationDefinitionNode

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.testing.faults import Down, Fault
from weir.bffs.testing.gateway import TestedGateway
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object

Variables: TypeAlias = Mapping[str, JSONObject]
"""The variables of operations, by name of the operation."""

_AN_HOUR_S: Final = 3600.0
_DOWN: Final = Down()
_FAILS: Final = "the response fails"
_UNAFFECTED: Final = "not affected"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A service with a fault, and the requests of a client meanwhile.

    The fault begins `after_s` seconds after the whole responses, so that cached
    responses have expired. `headers` are those of each request.
    """

    service: str
    fault: Fault = _DOWN
    variables: Variables = field(default_factory=dict[str, JSONObject])
    headers: Mapping[str, str] | None = None
    after_s: float = _AN_HOUR_S


async def degradation(tested: TestedGateway, facade: str, scenario: Scenario) -> str:
    """Return what the stored queries of a façade return in a scenario, as a text.

    Mutations are not run. Raises AssertionError if a query has no complete response
    while all services work.
    """
    served = tested.facade(facade)
    queries = [each for each, _ in served.stored if not each.mutates]
    if not queries:
        message = f'façade "{facade}" has no stored query'
        raise AssertionError(message)
    for query in queries:
        body = await _response(tested, served, query, scenario)
        if body.get("errors") or "degraded" in _notes(body):
            message = f"{query.label} is not complete while all services work: {body}"
            raise AssertionError(message)
    tested.clock.advance(scenario.after_s)
    lines = [f"façade {facade}: {scenario.service} has the fault {scenario.fault}"]
    with tested.fault(scenario.service, scenario.fault):
        for query in queries:
            body = await _response(tested, served, query, scenario)
            lines += ["", query.label, *(f"  {each}" for each in _findings(body))]
    return "\n".join(lines) + "\n"


async def _response(
    tested: TestedGateway, facade: Facade, query: StoredOperation, scenario: Scenario
) -> JSONObject:
    variables = scenario.variables.get(query.name, {})
    missing = sorted(_required(query.definition) - variables.keys())
    if missing:
        message = f"{query.label} needs variables: {', '.join(missing)}"
        raise AssertionError(message)
    response = await tested.client.post(
        f"{facade.path}/graphql",
        json={"documentId": query.ids[0], "variables": variables},
        headers=scenario.headers,
    )
    body: JSONObject = response.json()
    return body


def _required(definition: OperationDefinitionNode) -> set[str]:
    return {
        each.variable.name.value
        for each in definition.variable_definitions or ()
        if each.default_value is None and each.type.kind == "non_null_type"
    }


def _findings(body: JSONObject) -> Iterable[str]:
    """Return a line for each path that has changed, or one for the whole response."""
    data: JSONValue = body.get("data")
    errors: list[JSONObject] = body.get("errors", [])
    if data is None:
        codes = sorted({str(each["extensions"]["code"]) for each in errors})
        return [f"{_FAILS}: {', '.join(codes)}"]
    found: dict[str, str] = {}
    for each in errors:
        at = _null_at(data, each.get("path", []))
        found.setdefault(_text(at), "null")
    for each in _notes(body).get("degraded", []):
        path: list[str | int] = each.get("path", [])
        stale = each["extensions"]["becomes"] == "stale"
        becomes = "stale" if stale else orjson.dumps(_value_at(data, path)).decode()
        found.setdefault(_text(path), becomes)
    if not found:
        return [_UNAFFECTED]
    width = max(map(len, found))
    return [f"{path:{width}}  {becomes}" for path, becomes in sorted(found.items())]


def _notes(body: JSONObject) -> JSONObject:
    extensions: JSONObject = body.get("extensions", {})
    notes: JSONObject = extensions.get("weir", {})
    return notes


def _null_at(data: JSONValue, path: list[str | int]) -> list[str | int]:
    """Return the path of the null to which an error has led, at or above its path."""
    for end, (segment, value) in enumerate(_walk(data, path), 1):
        del segment
        if value is None:
            return path[:end]
    return path


def _walk(
    data: JSONValue, path: list[str | int]
) -> Iterator[tuple[str | int, JSONValue]]:
    for segment in path:
        if is_object(data) and isinstance(segment, str):
            data = data.get(segment)
        elif is_list(data) and isinstance(segment, int) and segment < len(data):
            data = data[segment]
        else:
            data = None
        yield segment, data


def _value_at(data: JSONValue, path: list[str | int]) -> JSONValue:
    values = [value for _, value in _walk(data, path)]
    return values[-1] if values else data


def _text(path: Iterable[str | int]) -> str:
    """Return a path without the indexes of lists, such as `titles[].reviews`."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += "[]"
        else:
            text += f".{segment}" if text else segment
    return text or "(all of the response)"
