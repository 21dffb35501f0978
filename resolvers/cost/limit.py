"""The rules of a façade for the costs of its operations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from weir.gateway.limits.cost import CostLimiter
from weir.gateway.limits.policy import CostLimit
from weir.schema.graph.costs import CostTable

DEFAULT_LIST_SIZE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRules:
    """The weights of a graph, and the limits of operations.

    `list_size` is that of lists without a size in the table. `subgraphs` limit the part
    of an operation that one subgraph resolves.
    """

    table: CostTable
    limiter: CostLimiter
    list_size: int = DEFAULT_LIST_SIZE
    subgraphs: Mapping[str, CostLimit] = field(default_factory=dict[str, CostLimit])
