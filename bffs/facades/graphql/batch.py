"""Batches: several GraphQL requests in one, with a list of their responses.

The specification of GraphQL over HTTP has no batches. This is the form of Apollo's
clients: a JSON list in the order of the requests, with the status 200.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from weir.gateway.edge.response import Response

T = TypeVar("T")
_OK: Final = 200


async def respond_to_batch(
    requests: Sequence[T], respond: Callable[[T], Coroutine[Any, Any, Response]]
) -> Response:
    """Respond to the requests at the same time; `respond` renders their errors."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(respond(each)) for each in requests]
    return _combined([each.result() for each in tasks])


def _combined(responses: Sequence[Response]) -> Response:
    bodies: list[bytes] = []
    for each in responses:
        assert isinstance(each.body, bytes)
        bodies.append(each.body)
    codes = (each.error_code for each in responses if each.error_code)
    return Response(
        status=_OK,
        headers=(
            (b"content-type", b"application/json; charset=utf-8"),
            (b"cache-control", b"no-store"),
        ),
        body=b"[%s]" % b",".join(bodies),
        error_code=next(codes, ""),
        failures=tuple(failure for each in responses for failure in each.failures),
    )
