"""The context of merging."""

from collections.abc import Mapping
from dataclasses import dataclass

from weir.schema.merging.composed import ComposedDirectives
from weir.schema.merging.sources import Report, Source
from weir.schema.model.definitions import Element, Kind, TypeDefinition
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The subgraphs, sorted by name, the relations of merged types, and the report.

    `graphs` maps a subgraph's name to its value in `join__Graph`. `implements` and
    `members` are united over the subgraphs. `interface_objects` has the names of the
    interfaces that are an interface object in a subgraph.
    """

    subgraphs: tuple[SubgraphSchema, ...]
    graphs: Mapping[str, str]
    kinds: Mapping[str, Kind]
    implements: Mapping[str, tuple[str, ...]]
    members: Mapping[str, frozenset[str]]
    interface_objects: frozenset[str]
    composed: ComposedDirectives
    report: Report

    def is_member(self, name: str, abstract: str) -> bool:
        """Return whether a named type is a possible type of another."""
        return name in self.members.get(abstract, ()) or abstract in (
            self.implements.get(name, ())
        )

    def sources(self, name: str) -> tuple[Source[TypeDefinition], ...]:
        """Return the declarations of a type, by subgraph."""
        return tuple(
            Source(subgraph, subgraph.types[name])
            for subgraph in self.subgraphs
            if name in subgraph.types
        )

    def graph(self, source: Source[Element]) -> str:
        return self.graphs[source.subgraph.name]


def is_interface_object(definition: TypeDefinition) -> bool:
    return definition.kind is Kind.OBJECT and definition.has("interfaceObject")
