"""What clients see of a supergraph: no join machinery, nothing inaccessible."""

from typing import Any

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    NamedTypeNode,
    Node,
    OperationTypeDefinitionNode,
    TypeDefinitionNode,
    Visitor,
    visit,
)

from schema.graph.linked import LinkedSpecs
from schema.graph.reading import has_directive

_KEPT_DIRECTIVES = frozenset({"deprecated", "specifiedBy", "oneOf"})
_EXECUTABLE = frozenset(
    {
        "QUERY",
        "MUTATION",
        "SUBSCRIPTION",
        "FIELD",
        "FRAGMENT_DEFINITION",
        "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION",
    }
)


def api_document(document: DocumentNode, specs: LinkedSpecs) -> DocumentNode:
    """Strip a supergraph's document down to the API schema."""
    hidden = frozenset(
        node.name.value
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
        and (specs.owns_type(node.name.value) or _is_inaccessible(node))
    )
    stripped: DocumentNode = visit(document, _Strip(hidden, specs))
    return stripped


def _is_inaccessible(node: Any) -> bool:
    return has_directive(node.directives, "inaccessible")


class _Strip(Visitor):
    """Removes what is hidden.

    Composition has proved that nothing visible refers to a hidden type, but for the
    lists of union members, interfaces and root types: those lose it here.
    """

    def __init__(self, hidden: frozenset[str], specs: LinkedSpecs) -> None:
        super().__init__()
        self.hidden = hidden
        self.specs = specs

    def enter(self, node: Node, *_: Any) -> Any:
        match node:
            case TypeDefinitionNode(name=name) | NamedTypeNode(name=name):
                gone = name.value in self.hidden
            case OperationTypeDefinitionNode(type=type_):
                gone = type_.name.value in self.hidden
            case DirectiveDefinitionNode():
                gone = not self._is_kept(node)
            case DirectiveNode(name=name):
                gone = name.value not in _KEPT_DIRECTIVES
            case _:
                gone = bool(getattr(node, "directives", None)) and _is_inaccessible(
                    node
                )
        return REMOVE if gone else None

    def _is_kept(self, node: DirectiveDefinitionNode) -> bool:
        if self.specs.owns_directive(node.name.value):
            return False
        return any(location.value in _EXECUTABLE for location in node.locations)
