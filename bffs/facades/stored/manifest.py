"""The manifests of persisted queries that the build of a client writes.

Four tools write three forms, all of them JSON:

    Apollo             {"format": "apollo-persisted-query-manifest", "version": 1,
                        "operations": [{"id", "name", "type", "body"}]}
    Relay, GraphQL Code Generator        {id: document}
    Relay, as pairs                      [[id, document]]

A document has one operation and its fragments. It stays as it is written, so that the
ids of clients, which are hashes of it, stay valid.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    Source,
    parse,
)

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.json_file import read_json
from weir.bffs.facades.stored.folder import located
from weir.bffs.facades.stored.operation import StoredOperation
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object

_APOLLO: Final = "apollo-persisted-query-manifest"
_VERSION: Final = 1
_FORMS: Final = (
    "expected a manifest of Apollo, Relay or GraphQL Code Generator: an object with"
    ' `format`, an object {"id": "document"}, or a list [["id", "document"]]'
)
_PAIR: Final = 2


class ManifestEntry(NamedTuple):
    """The id of an operation, and its document."""

    id: str
    document: str


def load_manifest(file: Path) -> tuple[StoredOperation, ...]:
    """Read the operations of a manifest, in its order.

    Raises ConfigError: the file cannot be read or has none of the forms, a document is
    not GraphQL or has not exactly one operation, with a name.
    """
    entries = list(_entries(read_json(file), file))
    if not entries:
        raise _error(file, "the manifest has no operation")
    return tuple(_stored(entry, file) for entry in entries)


def _error(file: Path, message: str) -> ConfigError:
    return ConfigError(Problem(file=str(file), message=message))


def _entries(content: JSONValue, file: Path) -> Iterator[ManifestEntry]:
    if is_list(content):
        for each in content:
            if not is_list(each) or len(each) != _PAIR:
                raise _error(file, _FORMS)
            yield _entry(each[0], each[1], file)
    elif not is_object(content):
        raise _error(file, _FORMS)
    elif "format" in content or "operations" in content:
        yield from _apollo_entries(content, file)
    else:
        for identifier, document in content.items():
            yield _entry(identifier, document, file)


def _apollo_entries(content: JSONObject, file: Path) -> Iterator[ManifestEntry]:
    found = content.get("format"), content.get("version")
    operations = content.get("operations")
    if found != (_APOLLO, _VERSION) or not is_list(operations):
        message = (
            f'expected `format: "{_APOLLO}"`, `version: {_VERSION}` and a list of'
            " `operations`"
        )
        raise _error(file, message)
    for each in operations:
        if not is_object(each):
            raise _error(file, "each of the `operations` must be an object")
        yield _entry(each.get("id"), each.get("body"), file)


def _entry(identifier: JSONValue, document: JSONValue, file: Path) -> ManifestEntry:
    if not isinstance(identifier, str) or not identifier:
        raise _error(file, f"the id of an operation must be a string. {_FORMS}")
    if not isinstance(document, str):
        message = f'the document of operation "{identifier}" must be a string. {_FORMS}'
        raise _error(file, message)
    return ManifestEntry(identifier, document)


def _stored(entry: ManifestEntry, file: Path) -> StoredOperation:
    # Lines and columns are those of the document.
    place = f"{file}: operation {entry.id}"
    try:
        document = parse(Source(entry.document, place))
    except GraphQLSyntaxError as error:
        raise ConfigError(located(error)) from error
    definition = _only_operation(document, place)
    return StoredOperation(
        name=definition.name.value if definition.name else "",
        ids=(entry.id,),
        text=entry.document,
        definition=definition,
        bindings=(),
        file=place,
        fragments=tuple(
            each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        ),
    )


def _only_operation(document: DocumentNode, place: str) -> OperationDefinitionNode:
    operations = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    ]
    message = ""
    if len(operations) != 1:
        message = f"expected one operation, the document has {len(operations)}"
    elif operations[0].name is None:
        message = "a stored operation needs a name"
    elif operations[0].operation is OperationType.SUBSCRIPTION:
        message = "a subscription cannot be stored"
    if message:
        raise ConfigError(Problem(file=place, message=message))
    return operations[0]
