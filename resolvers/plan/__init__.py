"""From a normalised operation to the fetches that answer it. Sans-I/O."""

from weir.resolvers.plan.planner import plan

__all__ = ["plan"]
