"""The configured changes of requests and responses, and what is wrong with them."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Final

import orjson

from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.model.route.transform import (
    BodyChangeSection,
    BodyExampleSection,
    BodyWritten,
    QuerySection,
    RequestHeadersSection,
    ResponseHeadersSection,
    TransformSection,
)
from weir.bffs.config.policies.aggregation import json_rules
from weir.gateway.json_types import JSONValue
from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.bodies.form_body import FormBody
from weir.gateway.routes.bodies.json_body import JsonBody
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern
from weir.gateway.routes.request_values import field_of, split_references
from weir.gateway.routes.transformation.body_change import (
    BodyChange,
    BodyFormat,
    Renderer,
)
from weir.gateway.routes.transformation.changes import (
    RequestChanges,
    ResponseChanges,
    Transformation,
)
from weir.gateway.routes.transformation.fields import (
    FieldChanges,
    HeaderChanges,
    QueryChanges,
)
from weir.gateway.routes.transformation.template_values import (
    CLAIMS,
    NAMES,
    TemplateValues,
)
from weir.gateway.routes.value_template import ValueTemplate, parse_value

_TEXT: Final = b"text/plain; charset=utf-8"
_XML: Final = "xmltodict>=1.0"


class InvalidChange(ValueError):
    """A change that cannot be built; `path` is the place below `transform`."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def transformation(section: TransformSection, pattern: PathPattern) -> Transformation:
    """Return the changes of a route whose path has `pattern`; raises InvalidChange."""
    request, response = section.request, section.response
    headers = _fields(request.headers, pattern, "request", "headers")
    query = _fields(request.query, pattern, "request", "query")
    of_response = _fields(response.headers, pattern, "response", "headers")
    depends = _depends(response.headers, response.body)
    return Transformation(
        request=RequestChanges(
            headers=HeaderChanges(headers) if headers else None,
            query=QueryChanges(query) if query else None,
            body=_body(request.body, section, "request"),
        ),
        response=ResponseChanges(
            headers=HeaderChanges(of_response) if of_response else None,
            statuses=response.status,
            body=_body(response.body, section, "response"),
            problems=response.errors == "problem",
            varies=tuple(sorted(depends)),
            personal=not depends.isdisjoint((b"authorization", b"cookie")),
        ),
        values=TemplateValues(pattern),
        max_bytes=section.max_size,
    )


def transformation_problems(
    route: RouteSection,
) -> Iterator[tuple[DataPath, str]]:
    """Yield the place in the route and the text of a problem of its changes."""
    if route.transform is None:
        return
    try:
        transformation(route.transform, parse_pattern(route.path))
    except InvalidChange as error:
        yield ("transform", *error.path), str(error)


def failed_examples(route: RouteSection) -> Iterator[tuple[DataPath, str]]:
    """Yield the place in the route and the text of each example that does not hold."""
    if route.transform is None:
        return
    sections = {
        "request": route.transform.request.body,
        "response": route.transform.response.body,
    }
    for side, section in sections.items():
        change = _body(section, route.transform, side)
        if section is None or change is None:
            continue
        for index, example in enumerate(section.examples):
            if message := _difference(change, section, example):
                place = ("transform", side, "body", "examples", index)
                yield place, message


def _fields(
    section: RequestHeadersSection | ResponseHeadersSection | QuerySection | None,
    pattern: PathPattern,
    *path: str,
) -> FieldChanges:
    if section is None:
        return FieldChanges()
    of_headers = not isinstance(section, QuerySection)

    def named(name: str) -> str:
        return name.lower() if of_headers else name

    values = {"set": section.set, "add": section.add}
    parsed = {
        key: tuple(
            (named(name), _value(text, pattern, *path, key, name))
            for name, text in texts.items()
        )
        for key, texts in values.items()
    }
    return FieldChanges(
        remove=frozenset(map(named, section.remove)),
        rename=tuple((named(old), named(new)) for old, new in section.rename.items()),
        set=parsed["set"],
        add=parsed["add"],
    )


def _value(text: str, pattern: PathPattern, *path: str) -> ValueTemplate:
    try:
        return parse_value(text, pattern)
    except ValueError as error:
        raise InvalidChange(str(error), *path) from error


def _depends(
    headers: ResponseHeadersSection | None, body: BodyChangeSection | None
) -> frozenset[bytes]:
    """Return the fields of the client that changes of responses depend on."""
    texts = [*headers.set.values(), *headers.add.values()] if headers else []
    pieces = [piece for text in texts for piece in split_references(text)[1::2]]
    fields = frozenset(filter(None, map(field_of, pieces)))
    if body is not None and body.template is not None and CLAIMS in body.template:
        return fields | {b"authorization"}
    return fields


def _body(
    section: BodyChangeSection | None, transform: TransformSection, side: str
) -> BodyChange | None:
    if section is None:
        return None
    source = _format(section.read, section, side)
    written = section.written
    media_type = (section.content_type or _TEXT.decode()).encode()
    return BodyChange(
        source=source,
        target=source if written == "text" else _format(written, section, side),
        rules=json_rules(section).compiled(),
        template=_template(section, transform.max_size, side),
        written=None if written == "text" else JsonBody(),
        content_type=media_type if written == "text" else b"",
    )


def _format(kind: BodyWritten, section: BodyChangeSection, side: str) -> BodyFormat:
    match kind:
        case "form":
            return FormBody()
        case "xml":
            _require("xmltodict", _XML, side, "body")
            from weir.gateway.routes.bodies.xml_body import XmlBody  # noqa: PLC0415

            return XmlBody(section.root, section.lists)
        case _:
            return JsonBody()


def _template(section: BodyChangeSection, max_bytes: int, side: str) -> Renderer | None:
    if section.template is None:
        return None
    from weir.gateway.routes.transformation.template import (  # noqa: PLC0415
        BodyTemplate,
        InvalidBodyTemplate,
    )

    media_type = section.content_type or ""
    try:
        return BodyTemplate(
            section.template,
            NAMES,
            max_bytes,
            writes_json=section.written != "text",
            escapes="xml" in media_type or "html" in media_type,
        )
    except InvalidBodyTemplate as error:
        raise InvalidChange(str(error), side, "body", "template") from error


def _require(package: str, requirement: str, *path: str) -> None:
    if find_spec(package) is None:
        message = f"{package} is not installed; run: pip install {requirement!r}"
        raise InvalidChange(message, *path)


def _difference(
    change: BodyChange, section: BodyChangeSection, example: BodyExampleSection
) -> str:
    """Return how the changed body differs from that of an example, or ""."""
    values: Mapping[str, JSONValue] = {
        "path": example.path,
        "query": example.query,
        "claims": example.claims,
    }
    try:
        body = change.changed(_encoded(section.read, example.input), values)
        expected = _encoded(section.written, example.output)
        if section.written == "text":
            same = body == expected
        else:
            same = change.target.decode(body) == change.target.decode(expected)
    except BodyError as error:
        return f"the example cannot be changed: {error}"
    return "" if same else f"the example gives {body.decode(errors='replace')}"


def _encoded(kind: BodyWritten, value: JSONValue) -> bytes:
    if kind == "json":
        return orjson.dumps(value)
    if not isinstance(value, str):
        message = f"expected a text in {kind}"
        raise BodyError(message)
    return value.encode()
