"""The fetches of a plan, bound to the sources of one generation."""

from collections.abc import Mapping
from dataclasses import dataclass

from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.sources.source import BoundFetch, Source
from weir.resolvers.sources.stale import (
    NO_WINDOWS,
    StaleFields,
    Windows,
    stale_fields,
    with_stale_fields,
)


@dataclass(frozen=True, slots=True)
class BoundPlan:
    """A plan with the source of each fetch, and the fetches prepared by the sources.

    `sources`, `fetches` and the fields that may be `stale` are in the plan's order.
    """

    plan: Plan
    sources: tuple[Source, ...]
    fetches: tuple[BoundFetch, ...]
    stale: tuple[StaleFields | None, ...]

    def rebound(self, sources: Mapping[str, Source]) -> "BoundPlan":
        """Return the plan bound to `sources`.

        A fetch is only prepared again if its source differs, because that can be slow.
        """
        own = _in_order(self.plan, sources)
        fetches = tuple(
            fetch
            if source == before
            else with_stale_fields(source.prepare(planned), stale)
            for planned, source, before, fetch, stale in zip(
                self.plan.fetches,
                own,
                self.sources,
                self.fetches,
                self.stale,
                strict=True,
            )
        )
        return BoundPlan(self.plan, own, fetches, self.stale)


def bind(
    plan: Plan, sources: Mapping[str, Source], windows: Windows = NO_WINDOWS
) -> BoundPlan:
    """Let the source of its subgraph prepare each fetch of a plan.

    `windows` are those of the fields that may be stale.
    """
    own = _in_order(plan, sources)
    stale = tuple(stale_fields(each, windows) for each in plan.fetches)
    fetches = tuple(
        with_stale_fields(source.prepare(planned), fields)
        for planned, source, fields in zip(plan.fetches, own, stale, strict=True)
    )
    return BoundPlan(plan, own, fetches, stale)


def _in_order(plan: Plan, sources: Mapping[str, Source]) -> tuple[Source, ...]:
    return tuple(sources[fetch.subgraph] for fetch in plan.fetches)
