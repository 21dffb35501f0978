"""The stages of parsing one subgraph.

They are: parse the SDL, resolve links, complete, validate as GraphQL, build.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    OperationType,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    specified_directives,
    specified_scalar_types,
)

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError, CompositionFailed
from weir.schema.diagnostics.locations import Location, location_of
from weir.schema.federation.specs import FED1, UPGRADED_LINK
from weir.schema.link.links import Links
from weir.schema.link.names import check_names
from weir.schema.link.parse_links import InvalidLink, parse_links
from weir.schema.subgraphs.building import Builder
from weir.schema.subgraphs.completion import (
    added_by_upgrade,
    checked,
    complete,
    expected_definitions,
)
from weir.schema.subgraphs.constants import constants_of
from weir.schema.subgraphs.graphql_rules import graphql_violations
from weir.schema.subgraphs.parse_sdl import graphql_error, parse_document
from weir.schema.subgraphs.redefinitions import (
    redefinition_errors,
    undefined_types,
    without_known_mistakes,
)
from weir.schema.subgraphs.shadowed import (
    unused_scalars,
    used_shadowed,
    without_shadowed,
)
from weir.schema.subgraphs.subgraph import Subgraph
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.subgraphs.unknown import explained, unknown_imports

_MACHINERY_TYPES = frozenset({"_Any", "_Entity", "_Service"})
_MACHINERY_FIELDS = frozenset({"_entities", "_service"})
_SPECIFIED_DIRECTIVES = frozenset(each.name for each in specified_directives)
_ROOTS = {
    OperationType.QUERY: ("Query", Code.ROOT_QUERY_USED),
    OperationType.MUTATION: ("Mutation", Code.ROOT_MUTATION_USED),
    OperationType.SUBSCRIPTION: ("Subscription", Code.ROOT_SUBSCRIPTION_USED),
}


def parse_subgraph(subgraph: Subgraph) -> SubgraphSchema:
    """Parse a subgraph's schema. Raises CompositionFailed."""
    if subgraph.name == "_":
        raise CompositionFailed([_reserved_name(subgraph)])
    document = parse_document(subgraph)
    links = _links(document, subgraph)
    document = _without_machinery(document)
    shadowed = tuple(used_shadowed(document, links, subgraph))
    document = without_shadowed(document, links)
    expected = tuple(expected_definitions(links))
    if not shadowed:
        _raise_if(undefined_types(document, expected, subgraph))
    if links.federation is None:
        document = without_known_mistakes(document)
    bound = checked(expected, links, document)
    _raise_if(redefinition_errors(document, bound, subgraph))
    _raise_if(shadowed)
    completed, names = complete(document, expected)
    _raise_if(
        explained(graphql_error(error, subgraph), links, expected)
        for error in graphql_violations(completed)
    )
    if links.federation is None:
        _raise_if(redefinition_errors(document, added_by_upgrade(), subgraph))
    roots = _root_names(document)
    renamed = _renamed(roots)
    builder = Builder(names.specs, renamed, constants_of(completed))
    machinery = names.types | unused_scalars(document, links)
    own = DocumentNode(definitions=tuple(_own(document, machinery)))
    _raise_if(_taken_root_names(own, roots, subgraph))
    federation = links.federation
    return SubgraphSchema(
        name=subgraph.name,
        url=subgraph.url,
        file=subgraph.file,
        version=federation.url.version if federation else FED1,
        links=links,
        names=names,
        types=builder.types(own),
        directives=builder.directives(own),
        schema=builder.schema(own),
        root_names={default: own_name for own_name, default in renamed.items()},
    )


def _raise_if(errors: Iterable[CompositionError]) -> None:
    collected = tuple(errors)
    if collected:
        raise CompositionFailed(collected)


def _reserved_name(subgraph: Subgraph) -> CompositionError:
    return CompositionError(
        code=Code.INVALID_SUBGRAPH_NAME,
        message='Invalid name _ for a subgraph: "_" is reserved',
        locations=(Location(subgraph=subgraph.name, file=subgraph.file),),
        fix="Give the subgraph another name.",
    )


def _links(document: DocumentNode, subgraph: Subgraph) -> Links:
    try:
        links = parse_links(document)
        upgraded = () if links.federation else (UPGRADED_LINK,)
        check_names((*links, *upgraded) if links.features else ())
    except InvalidLink as error:
        location = location_of(error.node, subgraph.name, subgraph.file)
        message = f"[{subgraph.name}] {error}"
        problem = CompositionError(
            code=error.code, message=message, locations=(location,)
        )
        raise CompositionFailed([problem]) from error
    _raise_if(unknown_imports(links, subgraph))
    return links


def _without_machinery(document: DocumentNode) -> DocumentNode:
    """Remove the types and fields that federation servers add for the gateway."""
    queries = _root_names(document).get(OperationType.QUERY, "Query")
    definitions = (
        _without_fields(node) if _named(node) == queries else node
        for node in document.definitions
        if _named(node) not in _MACHINERY_TYPES
    )
    left = [node for node in definitions if node is not None]
    names = {_named(node) for node in document.definitions}
    if queries in names and queries not in map(_named, left):
        # There is nothing else to query: the schema must not name the type any more.
        left = [_without_queries(node) for node in left]
    return DocumentNode(definitions=tuple(left), loc=document.loc)


def _without_queries(node: DefinitionNode) -> DefinitionNode:
    """Return a definition of a schema without its query type, others as they are."""
    if not isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
        return node
    types = tuple(
        each
        for each in node.operation_types or ()
        if each.operation is not OperationType.QUERY
    )
    return replace(node, operation_types=types)


def _named(node: DefinitionNode) -> str:
    if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
        return node.name.value
    return ""


def _without_fields(node: DefinitionNode) -> DefinitionNode | None:
    if not isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode):
        return node
    fields = tuple(item for item in node.fields or () if not _is_machinery(item))
    if len(fields) == len(node.fields or ()):
        return node
    if not fields and not node.directives and not node.interfaces:
        return None
    return replace(node, fields=fields)


def _is_machinery(node: FieldDefinitionNode) -> bool:
    return node.name.value in _MACHINERY_FIELDS


def _root_names(document: DocumentNode) -> dict[OperationType, str]:
    """Return the names of the root types, or the default names."""
    given: dict[OperationType, str] = {}
    defined = False
    for node in document.definitions:
        defined = defined or isinstance(node, SchemaDefinitionNode)
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            for item in node.operation_types or ():
                given[item.operation] = item.type.name.value
    if defined:
        return given
    return {kind: name for kind, (name, _) in _ROOTS.items()} | given


def _renamed(roots: dict[OperationType, str]) -> dict[str, str]:
    return {
        name: _ROOTS[operation][0]
        for operation, name in roots.items()
        if name != _ROOTS[operation][0]
    }


def _own(document: DocumentNode, machinery: frozenset[str]) -> Iterator[DefinitionNode]:
    """Yield the definitions that belong neither to a spec nor to GraphQL."""
    specified = machinery | specified_scalar_types.keys()
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode):
            if node.name.value not in _SPECIFIED_DIRECTIVES:
                yield node
        elif _named(node) not in specified:
            yield node


def _taken_root_names(
    document: DocumentNode, roots: dict[OperationType, str], subgraph: Subgraph
) -> Iterator[CompositionError]:
    """Yield an error for each type that has the default name of a renamed root."""
    nodes = {_named(node): node for node in document.definitions}
    for operation, (default, code) in _ROOTS.items():
        name = roots.get(operation)
        if name is not None and name != default and default in nodes:
            location = location_of(nodes[default], subgraph.name, subgraph.file)
            yield CompositionError(
                code=code,
                message=(
                    f'[{subgraph.name}] The schema has a type named "{default}" but it'
                    f' is not set as the {operation.value} root type ("{name}" is'
                    " instead): this is not supported by federation."
                ),
                locations=(location,),
                fix=(
                    f'Rename the type "{default}", or make it the'
                    f" {operation.value} root type."
                ),
            )
