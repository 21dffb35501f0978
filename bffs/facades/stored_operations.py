"""Stored operations: the GraphQL documents of a façade, and their REST bindings.

All `*.graphql` files of a folder form one set: an operation may use the fragments of
any of them. `@rest` binds an operation to an endpoint, and `@access` restricts its
callers. Both are checked against a schema of their own and stripped, so that no client
and no service ever sees them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from graphql import (
    DirectiveNode,
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
    build_schema,
    get_argument_values,
    get_location,
    parse,
    print_ast,
    print_directive,
    print_type,
    visit,
)

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.position import Position
from weir.bffs.facades.access_directive import (
    ACCESS,
    ACCESS_DIRECTIVE,
    DeclaredAccess,
    read_access,
)
from weir.gateway.routes.matching.template import (
    InvalidTemplate,
    PathTemplate,
    Shape,
    parse_template,
)

_REST = "rest"
_SCHEMA = build_schema(
    """
    enum RestMethod { GET POST PUT PATCH DELETE }
    "Binds a stored operation to an endpoint of its façade."
    directive @rest(method: RestMethod! = GET, path: String!) repeatable
      on QUERY | MUTATION
    type Query { unused: Boolean }
    """
)
_DIRECTIVE = _SCHEMA.directives[0]
_METHODS = _SCHEMA.type_map["RestMethod"]


def directive_definitions() -> str:
    """Return the SDL of the directives that stored operations may have."""
    rest = print_directive(_DIRECTIVE)
    return "\n\n".join((print_type(_METHODS), rest, print_directive(ACCESS_DIRECTIVE)))


@dataclass(frozen=True, slots=True)
class RestBinding:
    """An endpoint: a method and a template such as /v1/titles/{id}.

    `place` is where the file of its operation binds it.
    """

    method: str
    template: PathTemplate
    place: Position

    def __str__(self) -> str:
        return f"{self.method} {self.template.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOperation:
    """A named operation with the fragments that it uses, ready to be planned.

    `bindings` and `access` are those of its directives, which `text` lacks.
    """

    name: str
    text: str
    definition: OperationDefinitionNode
    bindings: tuple[RestBinding, ...]
    access: DeclaredAccess | None = None
    file: str

    def problem(self, place: Position, message: str) -> Problem:
        """Return a problem of this operation's file."""
        return Problem(
            file=self.file, line=place.line, column=place.column, message=message
        )

    @property
    def declaration(self) -> str:
        """The document and what its directives declare, for a digest."""
        access = self.access.section.model_dump_json() if self.access else ""
        return "\n".join((self.text, *map(str, self.bindings), access))

    @property
    def mutates(self) -> bool:
        return self.definition.operation is OperationType.MUTATION


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
    _refuse_duplicates(operations)
    return tuple(sorted(operations, key=lambda operation: operation.name))


def without_own_directives(text: str) -> str:
    """Replace `@rest` and `@access` by spaces, so that the rest stays at its place.

    Text with a syntax error is returned as it is.
    """
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return text
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for node in definition.directives or ():
                if node.name.value in (_REST, ACCESS) and node.loc is not None:
                    start, end = node.loc.start, node.loc.end
                    blank = re.sub(r"[^\n]", " ", text[start:end])
                    text = text[:start] + blank + text[end:]
    return text


def _parse(file: Path) -> DocumentNode:
    try:
        return parse(Source(file.read_text(encoding="utf-8"), str(file)))
    except GraphQLSyntaxError as error:
        raise ConfigError(_located(error)) from error


def _located(error: GraphQLError) -> Problem:
    file = error.source.name if error.source else ""
    line, column = error.locations[0] if error.locations else (0, 0)
    return Problem(file=file, line=line, column=column, message=error.message)


def _at(node: Node, file: str, message: str) -> ConfigError:
    place = _place(node)
    return ConfigError(
        Problem(file=file, line=place.line, column=place.column, message=message)
    )


def _place(node: Node) -> Position:
    assert node.loc is not None, "parsed nodes have places"
    found = get_location(node.loc.source, node.loc.start)
    return Position(found.line, found.column)


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
    bound = _directives(definition, _REST)
    bindings = tuple(_binding(node, definition, str(file)) for node in bound)
    plain = _plain(definition)
    used = _used_fragments(plain, fragments, str(file))
    return StoredOperation(
        name=definition.name.value,
        text=print_ast(DocumentNode(definitions=(plain, *used))),
        definition=plain,
        bindings=bindings,
        access=_access(definition, str(file)),
        file=str(file),
    )


def _directives(definition: OperationDefinitionNode, name: str) -> list[DirectiveNode]:
    return [each for each in definition.directives or () if each.name.value == name]


def _plain(definition: OperationDefinitionNode) -> OperationDefinitionNode:
    """Return the operation without the directives of this module."""
    kept = [
        node
        for node in definition.directives or ()
        if node.name.value not in (_REST, ACCESS)
    ]
    return replace(definition, directives=tuple(kept))


def _access(definition: OperationDefinitionNode, file: str) -> DeclaredAccess | None:
    nodes = _directives(definition, ACCESS)
    if not nodes:
        return None
    if len(nodes) > 1:
        raise _at(nodes[1], file, "@access can be used once")
    try:
        section = read_access(nodes[0])
    except GraphQLError as error:
        node = error.nodes[0] if error.nodes else nodes[0]
        raise _at(node, file, error.message) from error
    return DeclaredAccess(section, _place(nodes[0]))


def _binding(
    node: DirectiveNode, definition: OperationDefinitionNode, file: str
) -> RestBinding:
    for argument in node.arguments or ():
        if argument.name.value not in _DIRECTIVE.args:
            message = (
                f'@rest has no argument "{argument.name.value}"; it has method, path'
            )
            raise _at(argument, file, message)
    try:
        values = get_argument_values(_DIRECTIVE, node)
    except GraphQLError as error:
        raise _at(node, file, error.message) from error
    try:
        template = parse_template(values["path"])
    except InvalidTemplate as error:
        raise _at(node, file, f"@rest(path:): {error}") from error
    binding = RestBinding(values["method"], template, _place(node))
    if problem := _misfit(binding, definition):
        raise _at(node, file, problem)
    return binding


def _misfit(binding: RestBinding, definition: OperationDefinitionNode) -> str:
    variables = {
        node.variable.name.value for node in definition.variable_definitions or ()
    }
    for name in binding.template.parameters:
        if name not in variables:
            known = ", ".join(f"${each}" for each in sorted(variables)) or "none"
            return f"{{{name}}} is not a variable of the operation; it has {known}"
    if definition.operation is OperationType.MUTATION and binding.method == "GET":
        return "a mutation cannot be bound to GET: GET must be safe to repeat"
    return ""


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


def _refuse_duplicates(operations: Iterable[StoredOperation]) -> None:
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
