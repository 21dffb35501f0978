"""The cancellation of an execution."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.executing import (
    HangingSource,
    executable,
    execution_context,
    fetch,
)
from tests.support.product_graph import (
    SDL,
)
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.execute import execute
from weir.resolvers.loaders import Batch


@pytest.mark.parametrize("linear", [True, False])
async def test_cancelling_the_execution_cancels_its_fetches(*, linear: bool) -> None:
    sources = {name: HangingSource() for name in ("a", "b", "c")}
    fetches = [fetch(n, name) for n, name in enumerate(sources)]
    plan = executable(SDL, "{ user { id } }", *(fetches[:1] if linear else fetches))
    task = asyncio.ensure_future(
        execute(plan, bind(plan.plan, sources).fetches, execution_context())
    )
    asked = list(sources.values())[: len(plan.plan.fetches)]
    await asyncio.gather(*(source.asked.wait() for source in asked))

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(source.cancelled for source in asked)


async def test_cancelling_the_execution_ends_what_its_resolvers_load() -> None:
    context = execution_context()
    plan = executable(SDL, "{ user { id } }", fetch(1, "a"))
    fetches = bind(plan.plan, {"a": HangingSource()}).fetches
    loading = asyncio.Event()
    cancelled = asyncio.Event()

    async def load(keys: Sequence[int], context: object) -> list[int]:
        del keys, context
        loading.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    value = asyncio.ensure_future(context.load(Batch(name="n", load=load), 1))
    task = asyncio.ensure_future(execute(plan, fetches, context))
    await loading.wait()

    task.cancel()
    value.cancel()
    await asyncio.gather(task, value, return_exceptions=True)

    async with asyncio.timeout(30):
        await cancelled.wait()
