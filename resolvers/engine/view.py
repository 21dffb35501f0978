"""The view of a graph that one façade serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.cost.limit import CostRules
from weir.resolvers.execute.response.field_rules import FieldRule, FieldRules
from weir.resolvers.operation.document.limits import OperationLimits
from weir.resolvers.operation.variables.device_arguments import Coordinate
from weir.resolvers.overrides import Overrides
from weir.resolvers.policies import NO_POLICIES, Policies
from weir.resolvers.response_limits import DEFAULT_RESPONSE_LIMITS, ResponseLimits
from weir.resolvers.sources.source import Source
from weir.schema.graph.costs import CostTable
from weir.schema.graph.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """The view of a graph that one façade serves.

    `schema` is the API schema for its clients. `coordinates` are the arguments with a
    device rule in any façade of the graph, so that all façades share the plans.
    `forwarded` are the clients' header fields that are sent to a service. Operations
    beyond `limits` and responses beyond `response_limits` are rejected. Those beyond
    the measured ones are reported.
    """

    graph: Graph
    schema: GraphQLSchema
    sources: Mapping[str, Source]
    upstreams: Mapping[str, Upstream]
    coordinates: frozenset[Coordinate]
    limits: OperationLimits
    measured_limits: OperationLimits | None = None
    introspection: bool
    masked: bool
    overrides: Overrides
    policies: Policies = NO_POLICIES
    rejects_refused: bool = False
    forwarded: frozenset[bytes] = frozenset()
    costs: CostRules | None = None
    response_limits: ResponseLimits = DEFAULT_RESPONSE_LIMITS
    measured_response_limits: ResponseLimits | None = None
    field_rules: FieldRules = field(default_factory=dict[str, FieldRule])

    def prepares_like(self, other: "EngineView") -> bool:
        """Return whether operations prepared for `other` are valid for this view."""
        return (
            self.graph is other.graph
            and self.schema is other.schema
            and self.coordinates == other.coordinates
            and self.limits == other.limits
            and self.measured_limits == other.measured_limits
            and self.introspection == other.introspection
            and self.field_rules == other.field_rules
            and _weights(self.costs) == _weights(other.costs)
        )


def _weights(costs: CostRules | None) -> tuple[CostTable, int, set[str]] | None:
    """Return the parts of the rules that the costs of operations are compiled with."""
    if costs is None:
        return None
    return costs.table, costs.list_size, set(costs.subgraphs)
