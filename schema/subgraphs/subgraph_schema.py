"""The parsed schema of a subgraph: its types, directives and federation facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from graphql import Node

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.locations import Location, location_of
from weir.schema.federation.specs import FED1
from weir.schema.link.links import Links
from weir.schema.link.url import Version
from weir.schema.model.definitions import (
    Applied,
    DirectiveDefinition,
    Element,
    Kind,
    TypeDefinition,
)
from weir.schema.model.input_types import InputTypes, input_types_of
from weir.schema.subgraphs.completion import Names
from weir.schema.subgraphs.subgraph_facts import Facts, facts_of


@dataclass(frozen=True, kw_only=True)
class SubgraphSchema:
    """A subgraph's schema with its own names; root types have their default names.

    `types` and `directives` only have the subgraph's own definitions. `names` has the
    visible names of the elements that federation's specs define. `root_names` has the
    own names of root types by their default names, where they differ.
    """

    name: str
    url: str = ""
    file: str = ""
    version: Version
    links: Links
    names: Names
    schema: Element
    types: Mapping[str, TypeDefinition]
    directives: Mapping[str, DirectiveDefinition] = field(
        default_factory=dict[str, DirectiveDefinition]
    )
    root_names: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_fed2(self) -> bool:
        return self.version > FED1

    @cached_property
    def facts(self) -> Facts:
        """Return the facts that follow from its directives; computed once."""
        return facts_of(self.types)

    @cached_property
    def input_types(self) -> InputTypes:
        return input_types_of(self.types)

    @cached_property
    def implementations(self) -> Mapping[str, tuple[TypeDefinition, ...]]:
        """Return the objects that implement each interface in this subgraph."""
        found: dict[str, list[TypeDefinition]] = {}
        for each in self.of_kind(Kind.OBJECT):
            for name in each.interfaces:
                found.setdefault(name, []).append(each)
        return {name: tuple(objects) for name, objects in found.items()}

    def location(self, of: Element | Applied | Node | None) -> Location:
        node = of.node if isinstance(of, Element | Applied) else of
        return location_of(node, self.name, self.file)

    def error(
        self,
        code: Code,
        message: str,
        *at: Element | Applied | Node | None,
        fix: str = "",
    ) -> CompositionError:
        """Return an error that concerns only this subgraph."""
        return CompositionError(
            code=code,
            message=f"[{self.name}] {message}",
            locations=tuple(self.location(item) for item in at),
            fix=fix,
        )

    def of_kind(self, *kinds: Kind) -> Iterator[TypeDefinition]:
        return (each for each in self.types.values() if each.kind in kinds)
