"""The freshness of a response that is made of several replies."""

from tests.support.executing import (
    executable,
    fetch,
    run,
)
from tests.support.product_graph import SDL, USER
from weir.gateway.cache_control import CacheControl
from weir.resolvers.errors import HttpError
from weir.resolvers.provenance import Provenance
from weir.resolvers.sources.source import Reply


def fresh(max_age_s: int, age_s: int = 0, *vary: str) -> Reply:
    control = CacheControl(max_age_s=max_age_s, shared_max_age_s=max_age_s)
    return Reply(
        data={"user": None},
        provenance=Provenance(cache_control=control, age_s=age_s, vary=vary),
    )


async def test_the_response_is_as_fresh_as_its_stalest_part() -> None:
    plan = executable(SDL, "{ user { id } }", fetch(1, "a", USER), fetch(2, "b", USER))

    result = await run(
        plan, {"a": fresh(10, 50, "accept"), "b": fresh(30, 0, "cookie")}
    )

    assert (result.cache_control.max_age_s, result.age_s) == (10, 50)
    assert result.vary == ("accept", "cookie")


async def test_a_response_that_failed_in_part_is_not_stored() -> None:
    plan = executable(SDL, "{ user { id } }", fetch(1, "a", USER), fetch(2, "b", USER))

    result = await run(plan, {"a": fresh(60), "b": HttpError(500)})

    assert result.cache_control.no_store
