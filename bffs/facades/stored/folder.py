"""The stored operations of a folder.

All `*.graphql` files of a folder form one set: an operation may use the fragments of
any of them. `@rest` binds an operation to an endpoint, `@param` places a variable in
its requests, and `@access` restricts its callers. They are checked against a schema of
their own and removed, so that no client and no service ever sees them.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    OperationType,
    Source,
    Visitor,
    parse,
    print_ast,
    visit,
)

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.bffs.facades.stored.access_directive import (
    ACCESS,
    DeclaredAccess,
    read_access,
)
from weir.bffs.facades.stored.directives import directives_of, plain_operation
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.param_directive import read_parameters
from weir.bffs.facades.stored.place import place_of
from weir.bffs.facades.stored.rest_directive import REST, RestBinding, read_binding
from weir.gateway.routes.matching.template import Shape


def load_operations(folder: Path) -> tuple[StoredOperation, ...]:
    """Read every operation below `folder`, sorted by name.

    Raises ConfigError: no such folder, GraphQL syntax, names missing or used twice,
    unknown fragments, a binding that does not fit its operation, a wrong access rule.
    """
    if not folder.is_dir():
        raise ConfigError(Problem(file=str(folder), message="no such folder"))
    documents = {file: _parse(file) for file in sorted(folder.rglob("*.graphql"))}
    fragments = _fragments(documents)
    operations = [
        _stored(file, definition, fragments)
        for file, document in documents.items()
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]
    _reject_duplicates(operations)
    return tuple(sorted(operations, key=lambda operation: operation.name))


def _parse(file: Path) -> DocumentNode:
    try:
        return parse(Source(read_text(file), str(file)))
    except UnreadableFile as error:
        message = f"cannot be read: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except GraphQLSyntaxError as error:
        raise ConfigError(located(error)) from error


def located(error: GraphQLError) -> Problem:
    """Return a problem at the place of an error in its file."""
    file = error.source.name if error.source else ""
    line, column = error.locations[0] if error.locations else (0, 0)
    return Problem(file=file, line=line, column=column, message=error.message)


def _at(node: Node, file: str, message: str) -> ConfigError:
    place = place_of(node)
    return ConfigError(
        Problem(file=file, line=place.line, column=place.column, message=message)
    )


def _fragments(
    documents: Mapping[Path, DocumentNode],
) -> Mapping[str, FragmentDefinitionNode]:
    found: dict[str, FragmentDefinitionNode] = {}
    for file, document in documents.items():
        for definition in document.definitions:
            if not isinstance(definition, FragmentDefinitionNode):
                continue
            name = definition.name.value
            if name in found:
                message = f'there is a fragment "{name}" already in this folder'
                raise _at(definition, str(file), message)
            found[name] = definition
    return found


def _stored(
    file: Path,
    definition: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> StoredOperation:
    if definition.name is None:
        raise _at(definition, str(file), "a stored operation needs a name")
    if definition.operation is OperationType.SUBSCRIPTION:
        raise _at(definition, str(file), "a subscription cannot be stored")
    bound = directives_of(definition, REST)
    with _errors_in(str(file), definition):
        bindings = tuple(read_binding(node, definition) for node in bound)
        parameters = read_parameters(definition, bindings)
    plain = plain_operation(definition)
    used = tuple(_used_fragments(plain, fragments, str(file)))
    return StoredOperation(
        name=definition.name.value,
        ids=(definition.name.value,),
        text=print_ast(DocumentNode(definitions=(plain, *used))),
        definition=plain,
        bindings=bindings,
        parameters=parameters,
        access=_access(definition, str(file)),
        file=str(file),
        fragments=used,
    )


def _access(definition: OperationDefinitionNode, file: str) -> DeclaredAccess | None:
    nodes = directives_of(definition, ACCESS)
    if not nodes:
        return None
    if len(nodes) > 1:
        raise _at(nodes[1], file, "@access can be used once")
    with _errors_in(file, nodes[0]):
        section = read_access(nodes[0])
    return DeclaredAccess(section, place_of(nodes[0]))


@contextmanager
def _errors_in(file: str, node: Node) -> Generator[None]:
    """Place the errors of directives in their file, by default at `node`."""
    try:
        yield
    except GraphQLError as error:
        raise _at(
            error.nodes[0] if error.nodes else node, file, error.message
        ) from error


class _Spreads(Visitor):
    """Collects the names of the fragments that are spread."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[FragmentSpreadNode] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.nodes.append(node)


def _spreads(node: Node) -> Iterable[FragmentSpreadNode]:
    visitor = _Spreads()
    visit(node, visitor)
    return visitor.nodes


def _used_fragments(
    definition: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    file: str,
) -> Iterator[FragmentDefinitionNode]:
    """Yield the fragments that `definition` reaches, each once, in order of use."""
    seen: set[str] = set()
    queue = list(_spreads(definition))
    while queue:
        spread = queue.pop(0)
        name = spread.name.value
        if name in seen:
            continue
        if name not in fragments:
            raise _at(spread, file, f'there is no fragment "{name}" in this folder')
        seen.add(name)
        queue += _spreads(fragments[name])
        yield fragments[name]


def _reject_duplicates(operations: Iterable[StoredOperation]) -> None:
    names: dict[str, StoredOperation] = {}
    endpoints: dict[tuple[str, Shape], tuple[StoredOperation, RestBinding]] = {}
    for operation in operations:
        if other := names.get(operation.name):
            message = (
                f'there is an operation "{operation.name}" in {other.file} already'
            )
            raise _at(operation.definition, operation.file, message)
        names[operation.name] = operation
        for binding in operation.bindings:
            claim = binding.method, binding.template.shape
            if claimed := endpoints.get(claim):
                first, bound = claimed
                message = f'{binding} is an endpoint of "{first.name}" already: {bound}'
                raise ConfigError(
                    operation.problem(binding.place, message),
                    first.problem(bound.place, f"{bound} is bound here"),
                )
            endpoints[claim] = operation, binding
