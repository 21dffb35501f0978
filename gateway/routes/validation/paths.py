"""The operations that a description in OpenAPI has: their methods, paths and names.

https://spec.openapis.org/oas/v3.1.0#paths-object
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.matching.template import (
    InvalidTemplate,
    PathTemplate,
    parse_template,
)
from weir.gateway.routes.validation.references import (
    InvalidDocument,
    References,
    check_references,
)
from weir.gateway.routes.violation import token

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_VERSIONS: Final = ("3.0.", "3.1.")
_EXTENSION: Final = "x-"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationPath:
    """The method and the path of an operation.

    `path` is the key in `paths`, and `template` has the path of the server before it.
    `item` is the object with the operation, at the JSON pointer `place`. `name` is its
    `operationId`, or else its method and path.
    """

    method: str
    path: str
    template: PathTemplate
    item: JSONObject
    place: str
    name: str

    @property
    def described(self) -> JSONObject:
        """The operation itself."""
        described: JSONObject = self.item[self.method.lower()]
        return described


def checked_description(document: JSONValue) -> JSONObject:
    """Return a description in OpenAPI 3.0 or 3.1; raise InvalidDocument for others."""
    if not is_object(document) or "openapi" not in document:
        message = "expected an object with `openapi: 3.0.x` or `3.1.x`"
        raise InvalidDocument(message)
    version = document["openapi"]
    if not isinstance(version, str) or version[:4] not in _VERSIONS:
        message = f"expected `3.0.x` or `3.1.x`, got {version!r}"
        raise InvalidDocument(message, "/openapi")
    check_references(document)
    return document


def operation_paths(document: JSONObject) -> Iterator[OperationPath]:
    """Yield the operations in the order of the document; raise InvalidDocument."""
    references, base = References(document), _base_path(document)
    paths = _object(document.get("paths", {}), "/paths")
    for path, described in paths.items():
        if path.startswith(_EXTENSION):
            continue
        below = f"/paths{token(path)}"
        place, item = references.resolved(below, _object(described, below))
        for method in filter(item.__contains__, _METHODS):
            operation = _object(item[method], f"{place}/{method}")
            yield OperationPath(
                method=method.upper(),
                path=path,
                template=_template(base + path, below),
                item=item,
                place=place,
                name=_name(operation, f"{place}/{method}")
                or f"{method.upper()} {path}",
            )


def _object(value: JSONValue, place: str) -> JSONObject:
    if not is_object(value):
        message = "expected an object; write {} for one without fields"
        raise InvalidDocument(message, place)
    return value


def _name(operation: JSONObject, place: str) -> str:
    """Return the `operationId`, or "" without one; raise InvalidDocument."""
    name = operation.get("operationId", "")
    if not isinstance(name, str) or not name.isprintable():
        message = f"expected a text of printable characters, got {name!r}"
        raise InvalidDocument(message, f"{place}/operationId")
    return name


def _template(text: str, place: str) -> PathTemplate:
    try:
        return parse_template(text)
    except InvalidTemplate as error:
        raise InvalidDocument(str(error), place) from error


def _base_path(document: JSONObject) -> str:
    """Return the path of the first server, which precedes all paths."""
    servers = document.get("servers")
    first: JSONValue = servers[0] if is_list(servers) and servers else None
    url = first.get("url") if is_object(first) else None
    if not isinstance(url, str) or "{" in url:
        return ""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError as error:
        raise InvalidDocument(str(error), "/servers/0/url") from error
