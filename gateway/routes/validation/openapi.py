"""Operations of a description in OpenAPI 3.0 or 3.1.

https://spec.openapis.org/oas/v3.1.0

Schemas are read as those of requests or of responses (`message_schemas`), and
references are followed within the document (`references`).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weir.gateway.headers import HOP_BY_HOP, cgi_name
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.validation.message_schemas import OneWay, message_schemas
from weir.gateway.routes.validation.operation import (
    BodyRule,
    DescribedOperation,
    MediaType,
    Operation,
    ResponseRule,
)
from weir.gateway.routes.validation.parameter import Parameter, Shape
from weir.gateway.routes.validation.paths import (
    OperationPath,
    checked_description,
    operation_paths,
)
from weir.gateway.routes.validation.references import (
    InvalidDocument,
    References,
)
from weir.gateway.routes.validation.schema import InvalidSchema, Schema, Schemas
from weir.gateway.routes.violation import Place, token

_SEPARATORS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}
_STYLES: Final = {
    "path": ("simple",),
    "header": ("simple",),
    "cookie": ("form",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
}
_IGNORED_HEADERS: Final = frozenset({"accept", "authorization", "content-type"})
"""OpenAPI 3.1 §4.8.12.1: these are described elsewhere in a document."""
_OF_THE_GATEWAY: Final = HOP_BY_HOP | {b"content-type", b"date", b"x-request-id"}
"""Fields of responses that the gateway sets, or that `content` describes."""
_CORS: Final = b"access-control-"


def read_openapi(
    document: JSONValue, *, responses: bool = False
) -> tuple[DescribedOperation, ...]:
    """Return the operations of a document; raise InvalidDocument.

    They have their `responses` if these are validated.
    """
    document = checked_description(document)
    is_draft4 = document["openapi"].startswith("3.0.")
    requests = _reader(document, "readOnly", is_draft4=is_draft4)
    replies = _reader(document, "writeOnly", is_draft4=is_draft4) if responses else None
    return tuple(requests.operations(replies))


def _reader(document: JSONObject, without: OneWay, *, is_draft4: bool) -> "_Reader":
    try:
        prepared: JSONObject = message_schemas(
            document, without=without, is_draft4=is_draft4
        )
    except RecursionError as error:
        message = "it is nested too deeply"
        raise InvalidDocument(message) from error
    try:
        schemas = Schemas(prepared, is_draft4=is_draft4)
    except InvalidSchema as error:
        raise InvalidDocument(str(error)) from error
    return _Reader(prepared, schemas)


class _Reader:
    """Reads the operations of a document."""

    def __init__(self, document: JSONObject, schemas: Schemas) -> None:
        self._document = document
        self._references = References(document)
        self._schemas = schemas

    def operations(self, replies: "_Reader | None") -> Iterator[DescribedOperation]:
        """Yield the operations, with the responses that `replies` reads."""
        for found in operation_paths(self._document):
            below = f"{found.place}/{found.method.lower()}"
            yield self._operation(
                found, replies.responses(below) if replies is not None else {}
            )

    def responses(self, place: str) -> Mapping[str, ResponseRule]:
        """Return the rules of the responses of the operation at `place`, by status."""
        _, operation = self._references.resolved(place, {"$ref": f"#{place}"})
        described = operation.get("responses")
        return {
            str(status).upper(): self._response(f"{place}/responses/{status}", response)
            for status, response in (described.items() if is_object(described) else ())
        }

    def _response(self, place: str, described: JSONValue) -> ResponseRule:
        below, response = self._references.resolved(place, described)
        headers = response.get("headers")
        return ResponseRule(
            headers=tuple(
                self._header(f"{below}/headers{token(name)}", name.lower(), header)
                for name, header in (headers.items() if is_object(headers) else ())
                if not _is_of_the_gateway(name)
            ),
            body=self._content(place, described),
        )

    def _header(self, place: str, name: str, described: JSONValue) -> Parameter:
        place, header = self._references.resolved(place, described)
        schema, shape = self._value(place, header)
        return Parameter(
            name=name,
            place="response header",
            required=header.get("required") is True,
            schema=schema,
            shape=shape,
            explode=header.get("explode") is True,
        )

    def _operation(
        self, found: OperationPath, responses: Mapping[str, ResponseRule]
    ) -> DescribedOperation:
        place = f"{found.place}/{found.method.lower()}"
        parameters = {
            (each.place, each.name): each
            for below, owner in ((found.place, found.item), (place, found.described))
            for each in self._parameters(owner, below)
        }
        return DescribedOperation(
            method=found.method,
            template=found.template,
            operation=Operation(
                name=found.name,
                parameters=tuple(parameters.values()),
                body=self._body(found.described, place),
                responses=responses,
            ),
        )

    def _parameters(self, owner: JSONObject, place: str) -> Iterator[Parameter]:
        listed = owner.get("parameters")
        for index, each in enumerate(listed if is_list(listed) else ()):
            below, parameter = self._references.resolved(
                f"{place}/parameters/{index}", each
            )
            found = self._parameter(parameter, below)
            if found is not None:
                yield found

    def _parameter(self, parameter: JSONObject, place: str) -> Parameter | None:
        name, where = parameter.get("name"), parameter.get("in")
        # A tuple, because a value of a document may not be hashable.
        if not isinstance(name, str) or where not in tuple(_STYLES):
            message = "expected a parameter with `name` and `in`"
            raise InvalidDocument(message, place)
        if where == "header" and name.lower() in _IGNORED_HEADERS:
            return None
        style = parameter.get("style", _STYLES[where][0])
        if style not in _STYLES[where]:
            allowed = ", ".join(_STYLES[where])
            message = f"the style {style!r} is not supported; use {allowed}"
            raise InvalidDocument(message, place)
        schema, shape = self._value(place, parameter)
        kind: Place = where
        return Parameter(
            name=cgi_name(name.encode()).decode() if where == "header" else name,
            place=kind,
            required=parameter.get("required") is True,
            schema=schema,
            shape=shape,
            explode=parameter.get("explode", style == "form") is True,
            separator=_SEPARATORS.get(style, ","),
            deep=style == "deepObject",
        )

    def _value(self, place: str, described: JSONObject) -> tuple[Schema, Shape]:
        below = f"{place}/schema"
        if "schema" not in described:
            message = "expected `schema`; `content` is not supported here"
            raise InvalidDocument(message, place)
        return self._schema(below), self._shape(described["schema"], below)

    def _body(self, described: JSONObject, place: str) -> BodyRule | None:
        if "requestBody" not in described:
            return None
        return self._content(f"{place}/requestBody", described["requestBody"])

    def _content(self, place: str, described: JSONValue) -> BodyRule:
        place, body = self._references.resolved(place, described)
        content = body.get("content")
        rules: dict[str, MediaType] = {}
        for name, media in (content if is_object(content) else {}).items():
            below = f"{place}/content{token(name)}/schema"
            has_schema = is_object(media) and "schema" in media
            shape = self._shape(media["schema"], below) if has_schema else Shape()
            rules[name.partition(";")[0].strip().lower()] = MediaType(
                schema=self._schema(below) if has_schema else None,
                types=shape.properties,
            )
        return BodyRule(required=body.get("required") is True, content=rules)

    def _schema(self, pointer: str) -> Schema:
        try:
            return self._schemas.compiled(pointer)
        except InvalidSchema as error:
            raise InvalidDocument(str(error), pointer) from error

    def _shape(self, schema: JSONValue, place: str) -> Shape:
        _, resolved = self._references.resolved(place, schema)
        properties = resolved.get("properties")
        return Shape(
            type=_type(resolved),
            items=_type(self._references.resolved(place, resolved.get("items", {}))[1]),
            properties=tuple(
                (name, self._item_type(each, place))
                for name, each in (properties if is_object(properties) else {}).items()
            ),
        )

    def _item_type(self, schema: JSONValue, place: str) -> str:
        """Return the type of a value, or of the items of a list."""
        _, resolved = self._references.resolved(place, schema)
        if _type(resolved) == "array":
            return _type(self._references.resolved(place, resolved.get("items", {}))[1])
        return _type(resolved)


def _is_of_the_gateway(name: str) -> bool:
    field = name.lower().encode()
    return field in _OF_THE_GATEWAY or field.startswith(_CORS)


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type of a schema beside null, or "" if it allows several."""
    stated = schema.get("type")
    types = [each for each in stated if each != "null"] if is_list(stated) else [stated]
    only = types[0] if len(types) == 1 else ""
    return only if isinstance(only, str) else ""
