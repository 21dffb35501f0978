"""Services that fail, and what is still right about an answer then."""

import json
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import httpx
import orjson

from tests.support.audit import AuditedGraph, audited_graph, same
from weir.gateway.context import RequestContext
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.errors import UpstreamTimeout
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream


def response(body: Any, status: int = 200) -> UpstreamResponse:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return UpstreamResponse(status=status, headers=(), body=content)


def _without_its_last(reply: Any) -> Any:
    data = {
        key: value[:-1] if key.startswith("_e") else value
        for key, value in (reply["data"] or {}).items()
    }
    return {**reply, "data": data}


def _nulls_inside(value: Any, depth: int = 0) -> Any:
    if isinstance(value, dict):
        return {key: _nulls_inside(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_nulls_inside(each, depth) for each in value]
    return None if depth > 1 else value


NULLS = "nulls inside, without errors"
FAULTS: dict[str, Any] = {
    "status 500": lambda _: response(b"oops", 500),
    "broken JSON": lambda _: response(b'{"data": {'),
    "no data": lambda _: response({"data": None, "errors": [{"message": "x"}]}),
    "an empty object for data": lambda _: response({"data": {}}),
    "text for data": lambda _: response({"data": "text"}),
    "too few entities": lambda reply: response(_without_its_last(reply)),
    NULLS: lambda reply: response(_nulls_inside(reply)),
    "errors beside the data": lambda reply: response(
        {**reply, "errors": [{"message": "x", "path": ["_entities", 0, "a", {}]}]}
    ),
}


@dataclass
class FaultyUpstream:
    """Asks the service, and spoils its answer as `fault` does."""

    upstream: Upstream
    fault: str = ""

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        if self.fault == "a timeout":
            raise UpstreamTimeout
        answer = await self.upstream.call(request, context)
        if not self.fault:
            return answer
        spoiled: UpstreamResponse = FAULTS[self.fault](orjson.loads(answer.body))
        return spoiled


def is_part_of(partial: Any, whole: Any) -> bool:
    """Say whether `partial` is `whole` with null in place of some parts."""
    if partial is None:
        return True
    if isinstance(whole, dict) and isinstance(partial, dict):
        return partial.keys() == whole.keys() and all(
            is_part_of(partial[key], whole[key]) for key in whole
        )
    if isinstance(whole, list) and isinstance(partial, list):
        return len(partial) == len(whole) and all(map(is_part_of, partial, whole))
    return same(partial, whole)


async def fail_in_turn(
    suite: str, origin: str, *, every_query: bool, every_fault: bool
) -> None:
    """Fail each service of a suite in turn, for each query or only the first.

    Each service has every fault, or the next one. Asserts that every answer is the
    right one with null in place of some of its parts, that errors say so where it is
    less than that, and that it can be written.
    """
    names = ["a timeout", *FAULTS]
    next_fault = cycle(names)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        graph = await audited_graph(suite, origin, client, FaultyUpstream)
        for query in graph.queries[: None if every_query else 1]:
            await graph.reset()
            right = await graph.answer(query)
            for service in graph.upstreams:
                for fault in names if every_fault else [next(next_fault)]:
                    await _fail(graph, service, fault, query, right)


async def _fail(
    graph: AuditedGraph, service: str, fault: str, query: str, right: JSONObject
) -> None:
    upstream = graph.upstreams[service]
    assert isinstance(upstream, FaultyUpstream)
    await graph.reset()
    upstream.fault = fault
    answer = await graph.answer(query)
    upstream.fault = ""

    told = f"{query}\n{service}: {fault}\nright {json.dumps(right)}\ngot {answer}"
    assert orjson.loads(orjson.dumps(answer)) == answer, told
    if fault == NULLS:
        return  # Null without an error is data: others may compute with it.
    assert is_part_of(answer.get("data"), right.get("data")), told
    if not same(answer.get("data"), right.get("data")):
        assert answer["errors"], told
