"""The interface between a plan and its interpreter, or compiled code."""

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.run.computing import Compute, in_thread
from weir.resolvers.execute.run.failures import Failure
from weir.resolvers.provenance import Provenance
from weir.resolvers.sources.source import BoundFetch


class PlanOutcome(Struct, frozen=True):
    """The outcome of all fetches of a plan.

    `root` is the merged response under canonical keys, `provenances` are those of the
    replies in it, `reply_bytes` their size. `placed_bytes` is their size where each
    reply counts for all objects that may have adopted one part of it: all texts at all
    paths of the response are not longer. `failures` are in the plan's order.
    """

    root: JSONObject
    provenances: Sequence[Provenance]
    failures: Sequence[Failure]
    reply_bytes: int
    placed_bytes: int


NOTHING_FETCHED: Final = PlanOutcome({}, (), (), 0, 0)
"""The outcome of a plan that was not run."""


class Program(Protocol):
    """A plan in a form that can be run any number of times."""

    async def run(
        self,
        fetches: Sequence[BoundFetch],
        context: ExecutionContext,
        root: JSONObject,
        compute: Compute = in_thread,
    ) -> PlanOutcome:
        """Run the `fetches` that are due, and merge the replies into `root`.

        `fetches` are in the plan's order. Failures of sources are part of the outcome.
        Work on large replies is done by `compute`, whose errors are raised. Cancelling
        the run cancels every fetch.
        """
        ...
