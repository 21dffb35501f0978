"""The supergraph as lookup tables: the fields of each subgraph, and how they resolve.

It supports the join specification, v0.3 to v0.5, in the form that Apollo's, Rover's and
Hive's composers print:

- All subgraphs of a type resolve a field without `@join__field`.
- A field with `@join__field` without a graph only comes from an interface object.
- A field with `external: true` is declared, not resolved. (Composition has removed fake
  externals.)
- A field with `usedOverridden: true` is declared for the subgraph's own keys, not
  resolved.
- `override` has the original name of the losing subgraph. With a label both subgraphs
  can resolve the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    parse,
)

from weir.schema.graph.access import FieldAccess, field_access
from weir.schema.graph.access_directives import AccessDirectives, unknown_versions
from weir.schema.graph.costs import CostTable, read_costs
from weir.schema.graph.linked import not_understood
from weir.schema.graph.read_supergraph import read_graphs, read_types
from weir.schema.graph.tables import SubgraphInfo, TypeInfo
from weir.schema.link.parse_links import InvalidLink, parse_links
from weir.schema.supergraph.api_schema import api_schema


class SupergraphError(Exception):
    """A supergraph that cannot be served; the message has the reason."""

    code: ClassVar[str] = "INVALID_FEDERATION_SUPERGRAPH"

    def __init__(self, why: str) -> None:
        super().__init__(f"The supergraph cannot be served: {why}.")


class UnsupportedFeature(SupergraphError):
    """The supergraph needs a specification that is not supported."""

    code: ClassVar[str] = "UNSUPPORTED_FEATURE"

    def __init__(self, url: str) -> None:
        super().__init__(f"it needs {url}, which Weir does not support")
        self.url = url


@dataclass(frozen=True, kw_only=True)
class Supergraph:
    """A composed graph: its subgraphs, its types, and the schema that clients see."""

    document: DocumentNode
    subgraphs: tuple[SubgraphInfo, ...]
    types: Mapping[str, TypeInfo]
    costs: CostTable

    @cached_property
    def api_schema(self) -> GraphQLSchema:
        """Return the schema without the join spec and without inaccessible elements."""
        return api_schema(self.document)

    @cached_property
    def access(self) -> FieldAccess:
        """Return the requirements of each restricted field."""
        return field_access(self.types)

    @cached_property
    def declared(self) -> Mapping[str, frozenset[str]]:
        """Return the values of each enum, and the object types of each abstract type.

        These are all that a subgraph declares, with inaccessible ones.
        """
        members = {info.name: info.possible for info in self.types.values()}
        for node in self.document.definitions:
            if isinstance(node, EnumTypeDefinitionNode):
                values = frozenset(value.name.value for value in node.values or ())
                members[node.name.value] = values
        return members


def read_supergraph(sdl: str) -> Supergraph:
    """Read a composed supergraph.

    Raises `SupergraphError` if it is not GraphQL or not composed, and
    `UnsupportedFeature` if it links an unknown specification with a purpose.
    """
    try:
        return _read(parse(sdl, no_location=True))
    except GraphQLError as error:
        why = f"it is not GraphQL ({error.message})"
        raise SupergraphError(why) from error
    except InvalidLink as error:
        why = f"its @link directives are invalid ({error})"
        raise SupergraphError(why) from error
    except KeyError as error:
        why = f"it uses {error}, which is not a value of join__Graph"
        raise SupergraphError(why) from error


def _read(document: DocumentNode) -> Supergraph:
    links = parse_links(document)
    for url in not_understood(links):
        raise UnsupportedFeature(url)
    for link in unknown_versions(links):
        raise UnsupportedFeature(str(link.url))
    graphs = read_graphs(document)
    if not graphs:
        why = "it has no join__Graph, so it is not a composed supergraph"
        raise SupergraphError(why)
    return Supergraph(
        document=document,
        subgraphs=tuple(graphs.values()),
        types=read_types(document, graphs, AccessDirectives.of(links)),
        costs=read_costs(document, links),
    )
