"""Batches: several GraphQL requests in one, with a list of their responses.

The specification of GraphQL over HTTP has no batches. This is the form of Apollo's
clients: a JSON list in the order of the requests, with the status 200.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final, TypeVar

from weir.gateway.edge.response import Response

T = TypeVar("T")
_OK: Final = 200
_AT_ONCE: Final = 10
"""The responses of services take a multiple of their size until they are merged."""


async def respond_to_batch(
    requests: Sequence[T],
    respond: Callable[[T], Coroutine[Any, Any, Response]],
    refuse: Callable[[], Response],
    limit_bytes: int,
) -> Response:
    """Respond to ten requests at the same time; `respond` renders their errors.

    Requests are refused whose responses, with those before, have more than
    `limit_bytes`.
    """
    responses: dict[int, Response] = {}
    left = limit_bytes

    async def some(remaining: Iterator[tuple[int, T]]) -> None:
        nonlocal left
        for index, request in remaining:
            response = await respond(request) if left > 0 else refuse()
            left -= len(_body(response))
            responses[index] = response if left >= 0 else refuse()

    remaining = iter(enumerate(requests))
    async with asyncio.TaskGroup() as group:
        for _ in requests[:_AT_ONCE]:
            group.create_task(some(remaining))
    return _combined([responses[index] for index in range(len(requests))])


def _combined(responses: Sequence[Response]) -> Response:
    codes = (each.error_code for each in responses if each.error_code)
    return Response(
        status=_OK,
        headers=(
            (b"content-type", b"application/json; charset=utf-8"),
            (b"cache-control", b"no-store"),
        ),
        body=b"[%s]" % b",".join(map(_body, responses)),
        error_code=next(codes, ""),
        failures=tuple(failure for each in responses for failure in each.failures),
    )


def _body(response: Response) -> bytes:
    assert isinstance(response.body, bytes), "GraphQL responses are complete"
    return response.body
