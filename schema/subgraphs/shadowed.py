"""Definitions with names of the linked specs, but without a meaning there.

`@federation__key` has no meaning if `@key` is imported, and `federation__Policy` has
none before federation 2.6. Printed schemas may still define them. The definitions are
ignored unless they are used.
"""

from collections.abc import Iterator

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    NamedTypeNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    Visitor,
    visit,
)

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.locations import location_of
from weir.schema.federation.specs import UPGRADED_LINK
from weir.schema.link.links import Link, Links
from weir.schema.subgraphs.subgraph import Subgraph


def without_shadowed(document: DocumentNode, links: Links) -> DocumentNode:
    """Remove the shadowed definitions."""
    return DocumentNode(
        definitions=tuple(
            node for node in document.definitions if _import(node, links) is None
        ),
        loc=document.loc,
    )


def used_shadowed(
    document: DocumentNode, links: Links, subgraph: Subgraph
) -> Iterator[CompositionError]:
    """Yield INVALID_LINK_DIRECTIVE_USAGE for each shadowed definition that is used."""
    shadowed = [
        (node, found)
        for node in document.definitions
        if (found := _import(node, links)) is not None
    ]
    used = _used(without_shadowed(document, links)) if shadowed else frozenset[str]()
    for node, (link, element) in shadowed:
        name = _name(node)
        if name in used:
            yield CompositionError(
                code=Code.INVALID_LINK_DIRECTIVE_USAGE,
                message=(
                    f'[{subgraph.name}] "{name}" is defined and used, but "{element}"'
                    f' of "{link.url}" is imported as "{link.imports[element]}"'
                ),
                locations=(location_of(node, subgraph.name, subgraph.file),),
                fix=f'Use "{link.imports[element]}", and remove the definition.',
            )


def unused_scalars(document: DocumentNode, links: Links) -> frozenset[str]:
    """Return the scalars with names of the federation or link spec that no type uses.

    Only definitions of directives use them, and those are not in the supergraph.
    """
    namespaces = (links.federation or UPGRADED_LINK).namespace, links.name
    prefixes = tuple(f"{each}__" for each in namespaces)
    scalars = {
        node.name.value
        for node in document.definitions
        if isinstance(node, ScalarTypeDefinitionNode)
        and node.name.value.startswith(prefixes)
    }
    if not scalars:
        return frozenset()
    types = (
        node
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode | TypeExtensionNode)
    )
    return frozenset(scalars) - _used(DocumentNode(definitions=tuple(types)))


def _import(node: DefinitionNode, links: Links) -> tuple[Link, str] | None:
    """Return the import that gives the element of a definition another name, if any."""
    name = _name(node)
    if not name:
        return None
    for link in links:
        for element, alias in link.imports.items():
            if alias != name and _full_name(link, element) == name:
                return link, element
    return None


def _name(node: DefinitionNode) -> str:
    match node:
        case DirectiveDefinitionNode():
            return f"@{node.name.value}"
        case TypeDefinitionNode():
            return node.name.value
        case _:
            return ""


def _full_name(link: Link, element: str) -> str:
    """Return the name that an element would have if it were not imported."""
    mark, name = ("@", element[1:]) if element.startswith("@") else ("", element)
    if mark and name == link.url.name:
        return f"@{link.namespace}"
    return f"{mark}{link.namespace}__{name}"


def _used(document: DocumentNode) -> frozenset[str]:
    """Return the names of all types and directives that a document refers to."""
    names = _Names()
    visit(document, names)
    return frozenset(names.found)


class _Names(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
        self.found.add(node.name.value)

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        self.found.add(f"@{node.name.value}")
