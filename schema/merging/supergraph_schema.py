"""The merged schema: the input of validation, printing and satisfiability."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weir.schema.federation.specs import IMPLIED_VERSIONS
from weir.schema.link.url import Version
from weir.schema.merging.composed import ComposedDirectives, SupergraphLink
from weir.schema.merging.context import Context
from weir.schema.model.definitions import (
    DirectiveDefinition,
    Element,
    Kind,
    TypeDefinition,
)
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def implied_version(subgraph: SubgraphSchema) -> Version:
    """Return the federation version of a subgraph, which its links may raise."""
    implied = (
        version
        for link in subgraph.links
        if (version := IMPLIED_VERSIONS.get(link.url.identity)) is not None
    )
    return max((subgraph.version, *implied))


@dataclass(frozen=True, slots=True, kw_only=True)
class SupergraphSchema:
    """A merged schema; its types have the join spec's directives."""

    context: Context
    schema: Element
    types: Mapping[str, TypeDefinition]
    directives: tuple[DirectiveDefinition, ...]

    @property
    def composed(self) -> ComposedDirectives:
        return self.context.composed

    @property
    def links(self) -> tuple[SupergraphLink, ...]:
        return self.context.composed.links

    def of_kind(self, *kinds: Kind) -> Iterator[TypeDefinition]:
        return (each for each in self.types.values() if each.kind in kinds)

    @property
    def join_version(self) -> Version:
        """Return the join version that supports the newest subgraph's features."""
        newest = max(implied_version(each) for each in self.context.subgraphs)
        if newest < Version(2, 7):
            return Version(0, 3)
        return Version(0, 4) if newest < Version(2, 8) else Version(0, 5)
