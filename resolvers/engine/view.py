"""A view of a graph: what one façade serves of it, and how."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.operation.device_arguments import Coordinate
from weir.resolvers.operation.limits import OperationLimits
from weir.resolvers.overrides import Overrides
from weir.resolvers.policies import NO_POLICIES, Policies
from weir.resolvers.sources.source import Source
from weir.schema.graph.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """What one façade may ask of a graph, and what answers it.

    `schema` is the API schema that its clients see; `coordinates` are the arguments
    that any façade of the graph has a device rule for, so that all share the plans.
    `forwarded` are the fields of clients that some service is sent.
    """

    graph: Graph
    schema: GraphQLSchema
    sources: Mapping[str, Source]
    upstreams: Mapping[str, Upstream]
    coordinates: frozenset[Coordinate]
    limits: OperationLimits
    introspection: bool
    masked: bool
    overrides: Overrides
    policies: Policies = NO_POLICIES
    rejects_refused: bool = False
    forwarded: frozenset[bytes] = frozenset()

    def prepares_like(self, other: "EngineView") -> bool:
        """Say whether what was prepared for `other` is right for this view, too."""
        return (
            self.graph is other.graph
            and self.schema is other.schema
            and self.coordinates == other.coordinates
            and self.limits == other.limits
            and self.introspection == other.introspection
        )
