"""The configured limits of what one operation may cost."""

from weir.bffs.config.model.limits.cost import FacadeCostSection
from weir.gateway.limits.policy import CostLimit


def facade_cost_limit(section: FacadeCostSection) -> CostLimit:
    """Return the limit of the operations of a façade."""
    return CostLimit(maximum=section.maximum, enforced=section.mode == "enforce")


def subgraph_cost_limits(section: FacadeCostSection) -> dict[str, CostLimit]:
    """Return the limit of the part of an operation that each subgraph resolves."""
    return {
        name: CostLimit(maximum=each.maximum, enforced=each.mode == "enforce")
        for name, each in section.subgraphs.items()
    }
