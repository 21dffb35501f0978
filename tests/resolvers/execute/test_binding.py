"""Plans bound to the sources of one generation after the other."""

from dataclasses import dataclass

from graphql import OperationType

from tests.support.executing import fetch
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.binding import bind
from weir.resolvers.plan.model.nodes import Fetch, Plan
from weir.resolvers.sources.source import BoundFetch, Reply

PLAN = Plan(
    kind=OperationType.QUERY, fetches=(fetch(1, "a"), fetch(2, "b"), fetch(3, "a"))
)


@dataclass(frozen=True)
class NamedSource:
    name: str

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del variables, context, span_id
            return Reply(data={"by": self.name, "fetch": fetch.id})

        return call


def test_fetches_are_bound_in_the_plans_order() -> None:
    a, b = NamedSource("a"), NamedSource("b")

    assert bind(PLAN, {"b": b, "a": a}).sources == (a, b, a)


def test_a_fetch_is_prepared_anew_only_where_its_source_differs() -> None:
    before = bind(PLAN, {"a": NamedSource("a"), "b": NamedSource("b")})

    after = before.rebound({"a": NamedSource("a"), "b": NamedSource("new")})

    same = [
        one is other for one, other in zip(before.fetches, after.fetches, strict=True)
    ]
    assert same == [True, False, True]
    assert after.sources[1] == NamedSource("new")
