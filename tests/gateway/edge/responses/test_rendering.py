"""What a request has received is freed once its error is rendered."""

import asyncio
import weakref

from tests.support.contexts import a_context
from tests.support.freeing import uncollected
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.responses.rendering import rendered
from weir.gateway.errors import BadRequest


class Received:
    """The reply of a service."""


async def test_the_replies_of_tasks_that_failed_are_freed() -> None:
    references: list[weakref.ref[Received]] = []

    async def failing() -> None:
        reply = Received()
        references.append(weakref.ref(reply))
        await asyncio.sleep(0)
        raise BadRequest

    async def work() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(failing())
                group.create_task(failing())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def responded() -> int:
        try:
            await work()
        except BadRequest as error:
            return rendered(error, ProblemRenderer(), a_context()).status
        return 200

    with uncollected():
        assert await responded() == 400
        await asyncio.sleep(0)

        assert [each() for each in references] == [None, None]
