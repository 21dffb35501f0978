"""The requests of one part, and the value of their responses."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from weir.gateway.headers import Headers, header
from weir.gateway.http_time import retry_after_s
from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.routes.aggregation.budget import ByteBudget
from weir.gateway.routes.aggregation.part import Part
from weir.gateway.routes.aggregation.target import TargetInputs
from weir.gateway.routes.errors import PartFailed, PartMalformed, TooManyCalls
from weir.gateway.routes.json_rules.path import value_at
from weir.gateway.transport.json_reply import decode_reply
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream

_HEADERS: Final[Headers] = ((b"accept", b"application/json"),)
_SUCCESSES: Final = range(200, 300)
_CALLS_AT_ONCE: Final = 16
"""The requests of one part in flight, whose responses are not yet counted."""


async def call_part(
    part: Part,
    upstream: Upstream,
    inputs: TargetInputs,
    budget: ByteBudget,
    deadline_s: float,
) -> tuple[JSONValue, tuple[UpstreamResponse, ...]]:
    """Return the value of a part, and the responses that it is made of.

    With a reference to many values, it is the list of the items of all responses.
    Raise a WeirError if a request fails.
    """
    if part.target.many is None:
        path = part.target.path(inputs, ())
        response = await _call(part, upstream, path, inputs, deadline_s)
        budget.receive(len(response.body))
        value = _value(part, response)
        if part.is_merged and not is_object(value):
            message = f"The response of {part.service} is not an object."
            raise PartMalformed(message)
        return value, (response,)
    paths = [part.target.path(inputs, batch) for batch in _batches(part, inputs)]
    found: dict[str, UpstreamResponse] = {}

    async def call_some(remaining: Iterator[str]) -> None:
        for path in remaining:
            response = await _call(part, upstream, path, inputs, deadline_s)
            budget.receive(len(response.body))
            found[path] = response

    remaining = iter(paths)
    try:
        async with asyncio.TaskGroup() as calls:
            for _ in paths[:_CALLS_AT_ONCE]:
                calls.create_task(call_some(remaining))
    except ExceptionGroup as failed:
        raise first_of(failed) from None
    responses = tuple(found[path] for path in paths)
    return _items([_value(part, each) for each in responses]), responses


def first_of(failed: ExceptionGroup[Exception]) -> Exception:
    """Return the first error of tasks, which has cancelled the others."""
    return failed.exceptions[0]


def _batches(part: Part, inputs: TargetInputs) -> Iterator[Sequence[bytes]]:
    assert part.target.many is not None, "the caller has many values"
    values = inputs.found[part.target.many]
    size = 1 if part.target.many_in_path else part.batch
    if len(values) > size * part.max_calls:
        message = (
            f"The part {part.name} needs {len(values)} values, and {part.max_calls}"
            f" requests with {size} of them are allowed."
        )
        raise TooManyCalls(message)
    for start in range(0, len(values), size):
        yield values[start : start + size]


async def _call(
    part: Part, upstream: Upstream, path: str, inputs: TargetInputs, deadline_s: float
) -> UpstreamResponse:
    context = inputs.context
    request = UpstreamRequest(
        method="GET",
        path=path,
        safe=True,
        deadline_s=deadline_s,
        endpoint=f"GET {part.target.text}",
        headers=_HEADERS,
        partition=context.cache_partition,
        operation=part.name,
    )
    response = await upstream.call(request, context)
    if response.status not in _SUCCESSES:
        raise _failed(part, response)
    return response


def _failed(part: Part, response: UpstreamResponse) -> PartFailed:
    message = f"The service {part.service} responded with {response.status}."
    error = PartFailed(message, response.status)
    wait = header(response.headers, b"retry-after")
    # A date would need the time of day; a service that counts requests sends seconds.
    error.retry_after_s = retry_after_s(wait, 0.0) if wait and wait.isdigit() else None
    return error


def _value(part: Part, response: UpstreamResponse) -> JSONValue:
    if not response.body:
        return None
    try:
        value = decode_reply(response.body, response.max_parts)
    except orjson.JSONDecodeError as error:
        message = f"The response of {part.service} is not JSON: {error}"
        raise PartMalformed(message) from error
    return value if part.at is None else value_at(value, part.at)


def _items(values: Sequence[JSONValue]) -> list[JSONValue]:
    items: list[JSONValue] = []
    for value in values:
        if is_list(value):
            items += value
        elif value is not None:
            items.append(value)
    return items
