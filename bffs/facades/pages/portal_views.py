"""The endpoints of a REST API as the portal shows them, from its OpenAPI document."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.openapi.json_schema import JSON
from weir.bffs.facades.pages.samples import sample
from weir.bffs.facades.pages.snippets import SampleRequest, sent_credential, snippets
from weir.gateway.edge.responses.lifecycle import CURRENT, Lifecycle
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object

_SUCCESS: Final = "2"


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter; `type` and `default` are texts for people."""

    name: str
    place: str
    is_required: bool
    type: str
    default: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """An endpoint with its parameters, responses and examples.

    `deprecated` and `sunset` are days, "" if they are not announced.
    """

    id: str
    method: str
    path: str
    summary: str
    tags: tuple[str, ...]
    needs_credential: bool
    deprecated: str
    sunset: str
    notice: str
    parameters: tuple[ParameterView, ...]
    body: str
    responses: tuple[tuple[str, str], ...]
    response: str
    examples: tuple[tuple[str, str], ...]


def endpoint_views(api: RestApi) -> tuple[EndpointView, ...]:
    """Return the view of each endpoint, in the order of the document."""
    document = openapi_document(api)
    components: JSONObject = document["components"]
    lifecycles = {
        (binding.template.text, binding.method): binding.lifecycle
        for stored in api.operations
        for binding in stored.bindings
    }
    return tuple(
        _Endpoint(
            api,
            components,
            path,
            method.upper(),
            described,
            lifecycles.get((path, method.upper()), CURRENT),
        ).view()
        for path, item in document["paths"].items()
        for method, described in item.items()
    )


@dataclass(frozen=True, slots=True)
class _Endpoint:
    api: RestApi
    components: JSONObject
    path: str
    method: str
    described: JSONObject
    lifecycle: Lifecycle

    def view(self) -> EndpointView:
        described, lifecycle = self.described, self.lifecycle
        return EndpointView(
            id=described["operationId"],
            method=self.method,
            path=self.path,
            summary=described["summary"],
            tags=tuple(described.get("tags", ())),
            needs_credential=self._needs_credential(),
            deprecated=_day(lifecycle.deprecated_s),
            sunset=_day(lifecycle.sunset_s),
            notice=lifecycle.notice,
            parameters=tuple(
                self._parameter(each) for each in described.get("parameters", ())
            ),
            body=_pretty(self._body()) if "requestBody" in described else "",
            responses=tuple(
                (status, response["description"])
                for status, response in described["responses"].items()
            ),
            response=self._response(),
            examples=snippets(self._request()),
        )

    def _needs_credential(self) -> bool:
        security = self.described.get("security", ())
        return bool(security) and {} not in security

    def _parameter(self, parameter: JSONObject) -> ParameterView:
        schema = _schema(parameter)
        default = schema.get("default")
        return ParameterView(
            parameter["name"],
            parameter["in"],
            parameter["required"],
            self._type(schema),
            "" if default is None else orjson.dumps(default).decode(),
            self._resolved(schema).get("description", ""),
        )

    def _resolved(self, schema: JSONObject) -> JSONObject:
        reference: str = schema.get("$ref", "")
        if not reference:
            return schema
        named: JSONObject = self.components["schemas"].get(
            reference.rpartition("/")[2], {}
        )
        return named

    def _type(self, schema: JSONObject) -> str:
        resolved = self._resolved(schema)
        if "enum" in resolved:
            return " | ".join(str(each) for each in resolved["enum"])
        if "anyOf" in resolved:
            return " | ".join(self._type(each) for each in resolved["anyOf"])
        types = resolved.get("type", "JSON")
        if types == "array":
            return f"list of {self._type(resolved.get('items', {}))}"
        text = types if isinstance(types, str) else " | ".join(types)
        return f"{text} ({resolved['format']})" if "format" in resolved else text

    def _sample(self, schema: JSONObject) -> JSONValue:
        return sample(schema, self.components["schemas"])

    def _body(self) -> JSONValue:
        return self._sample(_schema(self.described["requestBody"]))

    def _response(self) -> str:
        """Return a sample of the data, of the last status of a success with a body."""
        found = [
            response
            for status, response in self.described["responses"].items()
            if status.startswith(_SUCCESS) and "content" in response
        ]
        return _pretty(self._sample(_schema(found[-1]))) if found else ""

    def _request(self) -> SampleRequest:
        by_place: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.described.get("parameters", ()):
            if parameter["required"]:
                values = by_place.setdefault(parameter["in"], [])
                values += _texts(parameter, self._sample(_schema(parameter)))
        has_body = "requestBody" in self.described
        is_open = not self._needs_credential()
        return SampleRequest(
            method=self.method,
            path=self.api.path + self.path,
            segments=tuple(by_place.get("path", ())),
            query=tuple(by_place.get("query", ())),
            headers=tuple(by_place.get("header", ())),
            body=self._body() if has_body else None,
            has_body=has_body,
            credential=None if is_open else sent_credential(self.api.credentials),
        )


def _texts(parameter: JSONObject, value: JSONValue) -> Iterator[tuple[str, str]]:
    """Yield the texts by which a parameter has a value."""
    name: str = parameter["name"]
    if parameter.get("style") == "deepObject" and is_object(value):
        for member, each in value.items():
            yield f"{name}[{member}]", _text(each)
    elif is_list(value) and "content" not in parameter:
        for each in value:
            yield name, _text(each)
    else:
        yield name, _text(value)


def _text(value: JSONValue) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _schema(described: JSONObject) -> JSONObject:
    schema: JSONObject = (
        described["schema"]
        if "schema" in described
        else described["content"][JSON]["schema"]
    )
    return schema


def _day(epoch_s: int | None) -> str:
    if epoch_s is None:
        return ""
    return datetime.fromtimestamp(epoch_s, UTC).date().isoformat()


def _pretty(value: JSONValue) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
