"""The tags that a supergraph has."""

from graphql import (
    DirectiveNode,
    DocumentNode,
    StringValueNode,
    TypeDefinitionNode,
    Visitor,
    visit,
)

from weir.schema.link.links import SPECS
from weir.schema.link.parse_links import parse_links


def tags_in(supergraph: DocumentNode) -> frozenset[str]:
    """Return every tag of a type, or of a part of one, in a composed supergraph."""
    link = parse_links(supergraph).feature(f"{SPECS}/tag")
    reader = _TagReader(link.directive("tag") if link else "tag")
    for node in supergraph.definitions:
        if isinstance(node, TypeDefinitionNode):
            visit(node, reader)
    return frozenset(reader.found)


class _TagReader(Visitor):
    """Collects the names in the directives called `directive`."""

    def __init__(self, directive: str) -> None:
        super().__init__()
        self._directive = directive
        self.found: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value == self._directive:
            self.found.update(
                argument.value.value
                for argument in node.arguments or ()
                if isinstance(argument.value, StringValueNode)
            )
