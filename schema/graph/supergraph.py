"""The supergraph as lookup tables: which subgraph declares, resolves and requires what.

Reads the join specification, v0.3 to v0.5, as Apollo's, Rover's and Hive's composers
print it:

- a field without `@join__field` is resolved by every subgraph of its type;
- `@join__field` without a graph comes through an interface object alone;
- `external: true` is declared, not resolved (fake externals are settled before);
- `usedOverridden: true` is declared for the subgraph's own keys, not resolved;
- `override` names the losing subgraph by its original name; with a label both stay.
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
from weir.schema.graph.linked import not_understood
from weir.schema.graph.read_supergraph import read_graphs, read_types
from weir.schema.graph.tables import SubgraphInfo, TypeInfo
from weir.schema.link.parse_links import InvalidLink, parse_links
from weir.schema.supergraph.api_schema import api_schema


class SupergraphError(Exception):
    """A supergraph that cannot be served; the message says why."""

    code: ClassVar[str] = "INVALID_FEDERATION_SUPERGRAPH"

    def __init__(self, why: str) -> None:
        super().__init__(f"The supergraph cannot be served: {why}.")


class UnsupportedFeature(SupergraphError):
    """The supergraph links a specification that must be understood, and is not."""

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

    @cached_property
    def api_schema(self) -> GraphQLSchema:
        """The schema without join machinery and without what is inaccessible."""
        return api_schema(self.document)

    @cached_property
    def access(self) -> FieldAccess:
        """What a caller needs to select each field; without what is unrestricted."""
        return field_access(self.types)

    @cached_property
    def declared(self) -> Mapping[str, frozenset[str]]:
        """The values of each enum, and the object types of each abstract type.

        All that any subgraph declares, inaccessible ones included.
        """
        members = {info.name: info.possible for info in self.types.values()}
        for node in self.document.definitions:
            if isinstance(node, EnumTypeDefinitionNode):
                values = frozenset(value.name.value for value in node.values or ())
                members[node.name.value] = values
        return members


def read_supergraph(sdl: str) -> Supergraph:
    """Read a composed supergraph.

    Raises `SupergraphError` where it is not GraphQL or not composed, and
    `UnsupportedFeature` where it links an unknown specification with a purpose.
    """
    try:
        return _read(parse(sdl, no_location=True))
    except GraphQLError as error:
        why = f"it is not GraphQL ({error.message})"
        raise SupergraphError(why) from error
    except InvalidLink as error:
        why = f"its links are wrong ({error})"
        raise SupergraphError(why) from error
    except KeyError as error:
        why = f"it names {error}, which join__Graph does not"
        raise SupergraphError(why) from error


def _read(document: DocumentNode) -> Supergraph:
    links = parse_links(document)
    for url in not_understood(document):
        raise UnsupportedFeature(url)
    for link in unknown_versions(links):
        raise UnsupportedFeature(str(link.url))
    graphs = read_graphs(document)
    if not graphs:
        why = "it has no join__Graph, so it was not composed"
        raise SupergraphError(why)
    return Supergraph(
        document=document,
        subgraphs=tuple(graphs.values()),
        types=read_types(document, graphs, AccessDirectives.of(links)),
    )
