"""The fetches of a plan, bound to the sources of one generation."""

from collections.abc import Mapping
from dataclasses import dataclass

from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.sources.source import BoundFetch, Source


@dataclass(frozen=True, slots=True)
class BoundPlan:
    """A plan with the source of each fetch, and the fetches prepared by the sources.

    `sources` and `fetches` are in the plan's order.
    """

    plan: Plan
    sources: tuple[Source, ...]
    fetches: tuple[BoundFetch, ...]

    def rebound(self, sources: Mapping[str, Source]) -> "BoundPlan":
        """Return the plan bound to `sources`.

        A fetch is only prepared again if its source differs, because that can be slow.
        """
        own = _in_order(self.plan, sources)
        fetches = tuple(
            fetch if source == before else source.prepare(planned)
            for planned, source, before, fetch in zip(
                self.plan.fetches, own, self.sources, self.fetches, strict=True
            )
        )
        return BoundPlan(self.plan, own, fetches)


def bind(plan: Plan, sources: Mapping[str, Source]) -> BoundPlan:
    """Let the source of its subgraph prepare each fetch of a plan."""
    own = _in_order(plan, sources)
    fetches = zip(plan.fetches, own, strict=True)
    return BoundPlan(
        plan, own, tuple(source.prepare(planned) for planned, source in fetches)
    )


def _in_order(plan: Plan, sources: Mapping[str, Source]) -> tuple[Source, ...]:
    return tuple(sources[fetch.subgraph] for fetch in plan.fetches)
