"""Measures what access requirements cost a caller who fulfils them all.

The queries of the peer benchmark (see `bench_execute`) run in two engines: over their
graph as it is, and over the same graph with a requirement on each field. The runs take
turns, so that both see the same machine, and the best of each counts. The ratio is to
be below 1.03 for the heavy query.

    python -m benchmarks.bench_authorization [--rounds 60]
"""

import argparse
import gc
import sys
import time
from dataclasses import replace
from typing import Any

import uvloop
from graphql import (
    ConstDirectiveNode,
    FieldDefinitionNode,
    NameNode,
    Visitor,
    parse,
    parse_const_value,
    print_ast,
    visit,
)
from graphql.language import ConstArgumentNode
from msgspec import structs

from benchmarks.bench_execute import (
    BENCH,
    CLOCK,
    QUERIES,
    REQUEST,
    StoredReplies,
    load_subgraphs,
)
from weir.gateway.context import Identity
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

SPECS = "https://specs.apollo.dev"
LINKS = (
    f'schema @link(url: "{SPECS}/authenticated/v0.1", for: SECURITY)'
    f' @link(url: "{SPECS}/requiresScopes/v0.1", for: SECURITY)'
)
MEMBER = Identity(method="jwt", scopes=frozenset({"read", "member", "other"}))


class _Restricting(Visitor):
    """Gives each field a requirement: its scopes differ by the field's name."""

    def enter_field_definition(
        self, node: FieldDefinitionNode, *_: Any
    ) -> FieldDefinitionNode:
        name = node.name.value
        sets = parse_const_value(f'[["{name}"], ["read", "member"]]')
        argument = ConstArgumentNode(name=NameNode(value="scopes"), value=sets)
        requires = ConstDirectiveNode(
            name=NameNode(value="requiresScopes"), arguments=(argument,)
        )
        return replace(node, directives=(*(node.directives or ()), requires))


def restricted(supergraph: str) -> str:
    document = visit(parse(supergraph, no_location=True), _Restricting())
    return print_ast(document).replace("schema", LINKS, 1)


def engine_over(supergraph: str, queue: PreparationQueue, subgraphs: Any) -> Engine:
    graph = Graph.of(read_supergraph(supergraph))
    sources = {
        each.name: GraphQLSource(StoredReplies(each.name, subgraphs.execute))
        for each in graph.supergraph.subgraphs
    }
    view = EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources=sources,
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=False,
        masked=True,
        overrides=Overrides.of(graph, OverridePolicy()),
    )
    return Engine(view, queue, CLOCK)


CALLER = structs.replace(REQUEST, identity=MEMBER)


async def run_us(engine: Engine, query: str, count: int) -> float:
    """Return the CPU of one request, in microseconds."""
    started = time.process_time()
    for _ in range(count):
        prepared = await engine.prepare(query, None, CALLER)
        result = await engine.execute(prepared, {}, {}, CALLER)
        assert result.completed, result.errors
    return (time.process_time() - started) / count * 1e6


async def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of access requirements.")
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    subgraphs, queue = load_subgraphs(), PreparationQueue(9, CLOCK)
    supergraph = (BENCH / "supergraph.graphql").read_text()
    plain = engine_over(supergraph, queue, subgraphs)
    protected = engine_over(restricted(supergraph), queue, subgraphs)
    requirements = len(set(protected.view.graph.supergraph.access.values()))
    print(
        f"{requirements} different requirements, best of {rounds} rounds, µs of CPU\n"
    )
    print("| query | without | with | ratio |")
    print("|---|---|---|---|")
    for name in QUERIES:
        query = (BENCH / "queries" / f"{name}.graphql").read_text()
        for each in (plain, protected):
            await run_us(each, query, 3)
        gc.freeze()
        count = 200 if name == "light" else 20
        pairs = [
            (await run_us(plain, query, count), await run_us(protected, query, count))
            for _ in range(rounds)
        ]
        before, after = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
        print(f"| {name} | {before:.1f} | {after:.1f} | {after / before:.3f} |")
    queue.close()


if __name__ == "__main__":
    if BENCH.exists():
        uvloop.run(main())
    else:
        sys.exit(f"The queries of the benchmark are missing: {BENCH}")
