"""The aggregation of the parts of one response.

    requests, in parallel as far as no part needs another
      -> values for later parts -> joins -> rules -> encoded parts of one object

A part that fails leaves its fallback, and a required one ends the aggregation. The
number of parts and requests, and the bytes of their responses, are limited.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from weir.gateway.clock import Clock
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.concurrency.large_work import LargeWork
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONValue, is_object
from weir.gateway.routes.aggregation.budget import ByteBudget
from weir.gateway.routes.aggregation.calls import call_part, first_of
from weir.gateway.routes.aggregation.encoding import encoded
from weir.gateway.routes.aggregation.joins import join_items
from weir.gateway.routes.aggregation.part import Part
from weir.gateway.routes.aggregation.target import OfPart, TargetInputs
from weir.gateway.routes.json_rules.path import values_at
from weir.gateway.routes.request_values import text_of
from weir.gateway.transport.errors import ReplyMemoryExceeded
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.upstreams.model.upstream import Upstream


@dataclass(slots=True)
class PartResult:
    """The value of a part, which may be its fallback, and its responses.

    `found` are the values that later parts need.
    """

    part: Part
    value: JSONValue = None
    error: WeirError | None = None
    responses: tuple[UpstreamResponse, ...] = ()
    found: Mapping[OfPart, Sequence[bytes]] = field(
        default_factory=dict[OfPart, Sequence[bytes]]
    )

    def fail(self, error: WeirError) -> None:
        """Take the fallback as the value; raise `error` if the part is required.

        A fallback would keep the responses of the other parts in a memory that is full.
        """
        if self.part.required or isinstance(error, ReplyMemoryExceeded):
            raise error
        self.value = orjson.loads(self.part.fallback)
        self.error = error.without_frames()


@dataclass(frozen=True, slots=True)
class Aggregated:
    """The members of an aggregated object, and the results that they are made of."""

    members: dict[str, orjson.Fragment]
    results: tuple[PartResult, ...]


class Aggregation:
    """The parts of a route; a part only depends on those before it."""

    __slots__ = (
        "_clock",
        "_large_work",
        "_max_bytes",
        "_parts",
        "_replies",
        "_upstreams",
    )

    def __init__(
        self,
        parts: Sequence[Part],
        upstreams: Mapping[str, Upstream],
        max_bytes: int,
        *,
        clock: Clock,
        large_work: LargeWork,
        replies: ClientMemory,
    ) -> None:
        self._parts = tuple(parts)
        self._upstreams = upstreams
        self._max_bytes = max_bytes
        self._clock = clock
        self._large_work = large_work
        self._replies = replies

    async def run(self, head: RequestHead, context: RequestContext) -> Aggregated:
        """Return the response to a request; raise the error of a required part."""
        hold = ReplyHold(self._replies, context.client)
        budget = ByteBudget(self._max_bytes, hold)
        try:
            results = await self._results(head, context, budget)
            return await self._large_work.computed(
                context.client, budget.taken, lambda: _aggregated(results, budget)
            )
        finally:
            hold.release()

    async def _results(
        self, head: RequestHead, context: RequestContext, budget: ByteBudget
    ) -> list[PartResult]:
        tasks: dict[str, asyncio.Task[PartResult]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                for part in self._parts:
                    needed = {each.part for each in part.target.of_parts}
                    work = self._result(
                        part, head, context, budget, [tasks[each] for each in needed]
                    )
                    tasks[part.name] = group.create_task(work)
        except ExceptionGroup as failed:
            raise first_of(failed) from None
        return [task.result() for task in tasks.values()]

    async def _result(
        self,
        part: Part,
        head: RequestHead,
        context: RequestContext,
        budget: ByteBudget,
        needed: Sequence[asyncio.Task[PartResult]],
    ) -> PartResult:
        """Return the result of a part; raise a WeirError if it is required."""
        found: dict[OfPart, Sequence[bytes]] = {}
        for task in needed:
            found |= (await task).found
        deadline_s = context.deadline_s
        if part.timeout_s is not None:
            deadline_s = min(deadline_s, self._clock.monotonic_s() + part.timeout_s)
        result = PartResult(part)
        try:
            inputs = TargetInputs(head, context, found)
            result.value, result.responses = await call_part(
                part, self._upstreams[part.service], inputs, budget, deadline_s
            )
        except WeirError as error:
            result.fail(error)
        result.found = {each: _found(result.value, each) for each in part.read}
        return result


def _aggregated(results: Sequence[PartResult], budget: ByteBudget) -> Aggregated:
    by_name = {each.part.name: each for each in results}
    members: dict[str, dict[str, orjson.Fragment]] = {}
    # An item may get others before it is itself joined to another part.
    for result in reversed(results):
        try:
            members[result.part.name] = _members(result, by_name, budget)
        except WeirError as error:
            result.fail(error)
            members[result.part.name] = _members(result, by_name, budget)
    merged: dict[str, orjson.Fragment] = {}
    for result in results:
        merged |= members[result.part.name]
    return Aggregated(merged, tuple(results))


def _members(
    result: PartResult, by_name: Mapping[str, PartResult], budget: ByteBudget
) -> dict[str, orjson.Fragment]:
    """Return the members of the response that are of a part, by its rules.

    Those of a part with a join are in the value of the other part instead.
    """
    part, join = result.part, result.part.join
    if join is not None:
        join_items(result.value, by_name[join.part].value, join, part.rules, budget)
        return {}
    value = part.rules.changed(result.value)
    if part.group:
        return {part.group: _fragment(value)}
    if is_object(value):
        return {key: _fragment(each) for key, each in value.items()}
    return dict.fromkeys(sorted(part.keys or ()), _fragment(None))


def _fragment(value: JSONValue) -> orjson.Fragment:
    return orjson.Fragment(encoded(value))


def _found(value: JSONValue, reference: OfPart) -> tuple[bytes, ...]:
    texts = (text_of(each) for each in values_at(value, reference.path.parts))
    return tuple(dict.fromkeys(each for each in texts if each is not None))
