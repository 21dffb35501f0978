"""The federation audit's suites: their subgraphs as a process, Weir in this one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.executing import execution_context
from weir.gateway.context import RequestContext
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.errors import UpstreamConnectionLost
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.execute.binding import BoundPlan, bind
from weir.resolvers.execute.executable import Executable, build_executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.operation import prepare
from weir.resolvers.operation.errors import OperationRejected
from weir.resolvers.operation.variables.coercion import variable_coercion
from weir.resolvers.plan import plan
from weir.resolvers.plan.model.errors import PlanningError
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.resolvers.sources.source import Source
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

SHARED = Path(
    os.environ.get("WEIR_SHARED", Path(__file__).resolve().parents[3] / "shared")
)
KIT = SHARED / "conformance" / "kit"
SUITES = SHARED / "conformance" / "suites"


def suite_names() -> list[str]:
    return sorted(folder.parent.name for folder in SUITES.glob("*/tests.json"))


@contextmanager
def subgraph_server(*, punish: bool) -> Iterator[str]:
    """Serve every suite's subgraphs; yields the server's origin."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PUNISH_FOR_POOR_PLANS": "1" if punish else "0"}
    command = [sys.executable, str(KIT / "server.py"), "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            origin = f"http://127.0.0.1:{port}"
            _wait_for(f"{origin}/ids", process)
            yield origin
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    message = f"the subgraphs' server does not answer at {url}"
    raise RuntimeError(message)


class HttpxUpstream:
    """A subgraph of the audit's server, by the plainest client there is."""

    def __init__(self, client: httpx.AsyncClient, origin: str) -> None:
        self._client = client
        self._origin = origin

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del context
        try:
            response = await self._client.request(
                request.method,
                self._origin + request.path,
                content=request.body,
                headers=[*request.headers],
            )
        except httpx.HTTPError as error:
            raise UpstreamConnectionLost(str(error)) from error
        return UpstreamResponse(
            status=response.status_code,
            headers=tuple((k.lower(), v) for k, v in response.headers.raw),
            body=response.content,
        )


@dataclass(frozen=True)
class Outcome:
    """One test of a suite: what was expected, and what Weir answered."""

    query: str
    expected: Any
    answered: JSONObject

    @property
    def passed(self) -> bool:
        wanted = self.expected.get("errors")
        has_errors = bool(self.answered.get("errors"))
        return same(self.answered.get("data"), self.expected.get("data")) and (
            not isinstance(wanted, bool) or wanted == has_errors
        )


def same(one: Any, other: Any) -> bool:
    """JSON equality: key order does not matter, and true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            same(one[key], other[key]) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


@dataclass(frozen=True)
class AuditedGraph:
    """A suite's supergraph, its queries and how to reach its subgraphs."""

    suite: str
    origin: str
    client: httpx.AsyncClient
    graph: Graph
    upstreams: dict[str, Upstream]
    sources: dict[str, Source]
    prepared: dict[str, tuple[Executable, BoundPlan, JSONObject]] = field(
        default_factory=dict
    )

    @property
    def queries(self) -> list[str]:
        return [test["query"] for test in tests_of(self.suite)]

    async def reset(self) -> None:
        """Put changed data back."""
        await self.client.post(f"{self.origin}/{self.suite}/_reset")

    async def answer(self, query: str) -> JSONObject:
        try:
            executable, bound, variables = self._prepared(query)
        except (OperationRejected, PlanningError) as error:
            return {"errors": [{"message": str(error)}]}
        context = execution_context(variables)
        result = await execute(executable, bound.fetches, context)
        return {"data": result.data, "errors": list(result.errors)}

    def _prepared(self, query: str) -> tuple[Executable, BoundPlan, JSONObject]:
        if query not in self.prepared:
            schema = self.graph.supergraph.api_schema
            operation = prepare(query, None, schema)
            planned = plan(operation, self.graph)
            self.prepared[query] = (
                build_executable(
                    operation, planned, schema, self.graph.supergraph.declared
                ),
                bind(planned, self.sources),
                variable_coercion(operation, schema).coerce({}),
            )
        return self.prepared[query]


async def audited_graph(
    suite: str,
    origin: str,
    client: httpx.AsyncClient,
    wrap: Callable[[Upstream], Upstream] = lambda upstream: upstream,
) -> AuditedGraph:
    """Read a suite's supergraph; `wrap` stands between it and each subgraph."""
    sdl = (await client.get(f"{origin}/{suite}/supergraph")).text
    graph = Graph.of(read_supergraph(sdl))
    subgraphs = graph.supergraph.subgraphs
    upstreams = {each.name: wrap(HttpxUpstream(client, origin)) for each in subgraphs}
    sources: dict[str, Source] = {
        each.name: GraphQLSource(upstreams[each.name], httpx.URL(each.url).path)
        for each in subgraphs
    }
    return AuditedGraph(suite, origin, client, graph, upstreams, sources)


def tests_of(suite: str) -> list[Any]:
    tests: list[Any] = json.loads((SUITES / suite / "tests.json").read_text())
    return tests


async def run_suite(suite: str, origin: str) -> tuple[list[Outcome], int]:
    """Answer every test of a suite; the number of requests to subgraphs as well."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        graph = await audited_graph(suite, origin, client)
        await graph.reset()
        await client.post(f"{origin}/_log/reset")
        outcomes = [
            Outcome(test["query"], test["expected"], await graph.answer(test["query"]))
            for test in tests_of(suite)
        ]
        log = (await client.get(f"{origin}/_log", params={"suite": suite})).json()
    return outcomes, len(log)
