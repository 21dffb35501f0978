"""Measures the CPU of executing a plan, without the network.

The three queries of the peer benchmark (`../shared/bench`, or WEIR_SHARED) are planned
once and then executed over subgraphs whose replies are in memory as bytes. Each
execution collects representations, writes the body of each request, parses each reply,
merges, projects and writes the response. Plans are compiled, as those of a gateway that
has run them often, or interpreted. Every response is compared with the first one,
which has to be complete.

The figures do not include HTTP and planning. "replies" is the part for parsing the JSON
of the replies, and "response" the part for writing the response.

    python -m benchmarks.bench_execute [--seconds 2] [--profile heavy] [--interpreted]
"""

import argparse
import cProfile
import gc
import importlib.util
import os
import platform
import pstats
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import uvloop

from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.events import Event
from weir.gateway.ids import RandomIds
from weir.gateway.trace_parent import TraceParent
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.binding import BoundPlan, bind
from weir.resolvers.execute.executable import Executable, build_executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.operation import prepare
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan import plan
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

HERE = Path(__file__).resolve().parent
BENCH = Path(os.environ.get("WEIR_SHARED", HERE.parents[1] / "shared")) / "bench"
QUERIES = ("light", "medium", "heavy")
ROUNDS = 5


class NoSink:
    def receiver(self, event_type: type[Event]) -> None:
        """Return no receiver."""

    def emit(self, event: Event) -> None:
        raise AssertionError(event)


class StoredReplies:
    """A subgraph of the benchmark, which stores the reply to each body."""

    def __init__(self, name: str, answer: Callable[[str, bytes], Any]) -> None:
        self._name = name
        self._answer = answer
        self.kept: dict[bytes, UpstreamResponse] = {}
        self.calls = 0

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del context
        self.calls += 1
        response = self.kept.get(request.body)
        if response is None:
            body = orjson.dumps(self._answer(self._name, request.body))
            response = UpstreamResponse(status=200, headers=(), body=body)
            self.kept[request.body] = response
        return response


@dataclass(frozen=True)
class Case:
    """A planned query over upstreams in memory."""

    executable: Executable
    upstreams: dict[str, StoredReplies]
    bound: BoundPlan

    async def answer(self) -> bytes:
        context = ExecutionContext(
            request=REQUEST,
            variables={},
            clock=CLOCK,
            ids=IDS,
        )
        result = await execute(self.executable, self.bound.fetches, context)
        assert result.completed, result.errors
        return orjson.dumps({"data": result.data})

    def replies(self) -> list[bytes]:
        return [
            response.body
            for upstream in self.upstreams.values()
            for response in upstream.kept.values()
        ]


CLOCK = SystemClock()
IDS = RandomIds()
REQUEST = RequestContext(
    request_id="r1",
    trace=TraceParent(trace_id="0" * 31 + "1", parent_id="0" * 15 + "1"),
    client_type="bench",
    generation_id="g1",
    deadline_s=CLOCK.monotonic_s() + 1e6,
    sink=NoSink(),
)


def load_graph() -> Graph:
    return Graph.of(read_supergraph((BENCH / "supergraph.graphql").read_text()))


def load_subgraphs() -> Any:
    spec = importlib.util.spec_from_file_location("subgraphs", BENCH / "subgraphs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def case(query: str, graph: Graph, subgraphs: Any, *, compiles: bool) -> Case:
    schema = graph.supergraph.api_schema
    operation = prepare(
        (BENCH / "queries" / f"{query}.graphql").read_text(), None, schema
    )
    upstreams = {
        each.name: StoredReplies(each.name, subgraphs.execute)
        for each in graph.supergraph.subgraphs
    }
    planned = plan(operation, graph)
    sources = {name: GraphQLSource(upstream) for name, upstream in upstreams.items()}
    executable = build_executable(operation, planned, schema, graph.supergraph.declared)
    if compiles:
        executable.code.compile(WorkBudget())
    return Case(executable, upstreams, bind(planned, sources))


async def cpu_us(case_: Case, seconds: float) -> float:
    """Return the CPU of one execution, in microseconds: the best of several rounds."""
    first = await case_.answer()
    rounds: list[float] = []
    for _ in range(ROUNDS):
        started, until, count = time.process_time(), time.monotonic() + seconds, 0
        while time.monotonic() < until:
            assert await case_.answer() == first
            count += 1
        rounds.append((time.process_time() - started) / count * 1e6)
    return min(rounds)


def cost_us(function: Callable[[], object], seconds: float = 0.3) -> float:
    started, until, count = time.process_time(), time.monotonic() + seconds, 0
    while time.monotonic() < until:
        function()
        count += 1
    return (time.process_time() - started) / count * 1e6


async def measure(query: str, case_: Case, seconds: float) -> None:
    spent = await cpu_us(case_, seconds)
    fetches = len(case_.executable.plan.fetches)
    answer = await case_.answer()
    replies, data = case_.replies(), orjson.loads(answer)
    parsing = cost_us(lambda: [orjson.loads(reply) for reply in replies])
    writing = cost_us(lambda: orjson.dumps(data))
    print(
        f"| {query} | {fetches} | {len(answer):,} | {spent:.1f}"
        f" | {parsing:.1f} | {writing:.1f} |"
    )


async def profile(case_: Case) -> None:
    await case_.answer()
    with cProfile.Profile() as profiler:
        for _ in range(300):
            await case_.answer()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(18)


async def main() -> None:
    parser = argparse.ArgumentParser(description="CPU per execution of a plan.")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--profile", choices=QUERIES)
    parser.add_argument("--interpreted", action="store_true", help="compile no plan")
    arguments = parser.parse_args()
    subgraphs = load_subgraphs()
    graph = load_graph()
    compiles: bool = not arguments.interpreted
    cases = {
        query: case(query, graph, subgraphs, compiles=compiles) for query in QUERIES
    }
    if arguments.profile:
        await profile(cases[arguments.profile])
        return
    for each in cases.values():
        await each.answer()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    print(f"Python {platform.python_version()}, best of {ROUNDS} rounds, µs of CPU\n")
    print("| query | fetches | bytes | execution | of it replies | of it response |")
    print("|---|---|---|---|---|---|")
    for query, each in cases.items():
        await measure(query, each, arguments.seconds)


if __name__ == "__main__":
    if BENCH.exists():
        uvloop.run(main())
    else:
        sys.exit(f"The queries of the benchmark are missing: {BENCH}")
