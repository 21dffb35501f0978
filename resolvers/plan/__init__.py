"""The planner: from a normalised operation to fetches. Sans-I/O.

It is imported at its first use. A gateway whose operations are all compiled needs the
model of plans alone.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weir.resolvers.plan.planner import plan

__all__ = ["plan"]


def __getattr__(name: str) -> Any:
    if name == "plan":
        from weir.resolvers.plan.planner import plan  # noqa: PLC0415

        return plan
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
