"""The planner: from a normalised operation to fetches. Sans-I/O."""

from weir.resolvers.plan.planner import plan

__all__ = ["plan"]
