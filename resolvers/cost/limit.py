"""The limit of what an operation may cost."""

from dataclasses import dataclass
from typing import Final

from weir.schema.graph.costs import CostTable

DEFAULT_LIST_SIZE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRules:
    """The weights of a graph, and the largest cost of an operation.

    `list_size` is that of lists without a size in the table. Without `enforced`, costs
    are only measured. A `maximum` of None allows any cost.
    """

    table: CostTable
    list_size: int = DEFAULT_LIST_SIZE
    maximum: int | None = None
    enforced: bool = False
