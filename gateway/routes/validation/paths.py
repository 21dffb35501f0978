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
    version = document.get("openapi") if is_object(document) else None
    if (
        not is_object(document)
        or not isinstance(version, str)
        or (version[:4] not in _VERSIONS)
    ):
        message = f"expected `openapi: 3.0.x` or `3.1.x`, got {version!r}"
        raise InvalidDocument(message)
    check_references(document)
    return document


def operation_paths(document: JSONObject) -> Iterator[OperationPath]:
    """Yield the operations in the order of the document; raise InvalidDocument."""
    references, base = References(document), _base_path(document)
    paths = document.get("paths")
    for path, described in (paths if is_object(paths) else {}).items():
        place, item = references.resolved(f"/paths{token(path)}", described)
        for method in _METHODS:
            operation = item.get(method)
            if not is_object(operation):
                continue
            name = operation.get("operationId")
            yield OperationPath(
                method=method.upper(),
                path=path,
                template=_template(base + path, place),
                item=item,
                place=place,
                name=name if isinstance(name, str) else f"{method.upper()} {path}",
            )


def _template(text: str, place: str) -> PathTemplate:
    try:
        return parse_template(text)
    except InvalidTemplate as error:
        message = f"{place}: {error}"
        raise InvalidDocument(message) from error


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
        message = f"/servers/0/url: {error}"
        raise InvalidDocument(message) from error
