"""Measures planning: one operation of 100 fields, and 1,000 random operations.

    python -m benchmarks.bench_planning [--operations 1000] [--json FILE]

The graph is generated: 50 subgraphs, 1,000 types. Most types are entities of three
subgraphs each, some are value types, and a fifth of the fields requires others
(`@requires`). The figures are for planning alone, without cached plans. Parsing with
validation, and normalisation, are reported separately. Times are CPU times.
"""

import argparse
import gc
import json
import random
import statistics
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from weir.resolvers.operation import OperationLimits, normalise
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.plan import plan
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

SEED = 20_26
SUBGRAPHS = 50
TYPES = 1_000
HOMES_OF_A_TYPE = (1, 3, 3, 3, 3)
FIELDS_OF_A_TYPE = 6
LINKS_OF_A_TYPE = 4
MAX_DEPTH = 6
FIELD_NAMES = [f"f{number}" for number in range(FIELDS_OF_A_TYPE)]
SHARE_OF_LINKS = 0.6
LIMITS = OperationLimits()

HEADER = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{ query: Query }
"""


@dataclass(frozen=True, slots=True)
class GeneratedType:
    name: str
    homes: tuple[int, ...]
    links: tuple[tuple[str, str, int], ...]

    @property
    def is_entity(self) -> bool:
        return len(self.homes) > 1


def generated_types(rng: random.Random) -> list[GeneratedType]:
    homes = [
        tuple(sorted(rng.sample(range(SUBGRAPHS), rng.choice(HOMES_OF_A_TYPE))))
        for _ in range(TYPES)
    ]
    types: list[GeneratedType] = []
    for number in range(TYPES):
        links: list[tuple[str, str, int]] = []
        for link in range(LINKS_OF_A_TYPE):
            home = rng.choice(homes[number])
            targets = [t for t in range(TYPES) if home in homes[t]]
            links.append((f"link{link}", f"T{rng.choice(targets)}", home))
        types.append(GeneratedType(f"T{number}", homes[number], tuple(links)))
    return types


def supergraph_of(types: list[GeneratedType], rng: random.Random) -> str:
    names = [f"S{number}" for number in range(SUBGRAPHS)]
    graphs = "\n".join(
        f'  {name} @join__graph(name: "{name.lower()}", url: "http://{name.lower()}")'
        for name in names
    )
    parts = [HEADER, f"enum join__Graph {{\n{graphs}\n}}"]
    parts += [_type_sdl(each, rng) for each in types]
    roots = "\n".join(
        f"  t{number}: T{number} @join__field(graph: S{types[number].homes[0]})"
        for number in range(0, TYPES, 5)
    )
    joins = " ".join(f"@join__type(graph: {name})" for name in names)
    parts.append(f"type Query {joins} {{\n{roots}\n}}")
    return "\n".join(parts)


def _type_sdl(of: GeneratedType, rng: random.Random) -> str:
    key = ', key: "id"' if of.is_entity else ""
    joins = " ".join(f"@join__type(graph: S{home}{key})" for home in of.homes)
    lines = ["  id: ID!"]
    for number in range(FIELDS_OF_A_TYPE):
        home = rng.choice(of.homes)
        needs = ""
        if of.is_entity and number == FIELDS_OF_A_TYPE - 1:
            other = next(h for h in of.homes if h != home)
            needs = f', requires: "needed{number}"'
            lines.append(
                f"  needed{number}: Int @join__field(graph: S{other}) "
                f"@join__field(graph: S{home}, external: true)"
            )
        lines.append(f"  f{number}: Int @join__field(graph: S{home}{needs})")
    for name, target, home in of.links:
        lines.append(f"  {name}: {target} @join__field(graph: S{home})")
    body = "\n".join(lines)
    return f"type {of.name} {joins} {{\n{body}\n}}"


def operation_text(types: list[GeneratedType], rng: random.Random, fields: int) -> str:
    by_name = {each.name: each for each in types}
    left = fields

    def selections(of: GeneratedType, depth: int) -> str:
        nonlocal left
        parts: list[str] = []
        for name in rng.sample(FIELD_NAMES, rng.randint(2, 5)):
            if left > 0:
                left -= 1
                parts.append(name)
        for name, target, _ in of.links:
            if left > 1 and depth < MAX_DEPTH and rng.random() < SHARE_OF_LINKS:
                left -= 1
                parts.append(f"{name} {{ {selections(by_name[target], depth + 1)} }}")
        return " ".join(parts or ["id"])

    roots: list[str] = []
    while left > 1:
        number = rng.randrange(0, TYPES, 5)
        left -= 1
        roots.append(f"r{len(roots)}: t{number} {{ {selections(types[number], 0)} }}")
    return f"{{ {' '.join(roots)} }}"


def measured(work: Callable[[], Any]) -> tuple[float, Any]:
    started = process_time()
    outcome = work()
    return (process_time() - started) * 1_000, outcome


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def run(operations: int, fields: int) -> Iterator[tuple[str, float]]:
    rng = random.Random(SEED)  # noqa: S311 -- to be the same every time
    types = generated_types(rng)
    sdl = supergraph_of(types, rng)
    read_ms, supergraph = measured(lambda: read_supergraph(sdl))
    graph_ms, graph = measured(lambda: Graph.of(supergraph))
    schema = supergraph.api_schema
    times: dict[str, list[float]] = {"parse+validate": [], "normalise": [], "plan": []}
    fetches: list[int] = []
    gc.collect()
    gc.freeze()  # like the gateway after its start
    for _ in range(operations):
        text = operation_text(types, rng, fields)
        parse_ms, document = measured(partial(parse_operation, text, LIMITS))
        validate_ms, _ = measured(partial(validate_operation, document, schema))
        normalise_ms, operation = measured(partial(normalise, document, None, schema))
        plan_ms, planned = measured(partial(plan, operation, graph))
        times["parse+validate"].append(parse_ms + validate_ms)
        times["normalise"].append(normalise_ms)
        times["plan"].append(plan_ms)
        fetches.append(len(planned.fetches))
    yield "read supergraph (ms)", read_ms
    yield "build graph (ms)", graph_ms
    for name, values in times.items():
        yield f"{name} p50 (ms)", percentile(values, 0.5)
        yield f"{name} p95 (ms)", percentile(values, 0.95)
        yield f"{name} worst (ms)", max(values)
    yield "fetches per plan (mean)", statistics.mean(fetches)
    yield "memory of a plan (kB)", plan_kilobytes(types, rng, graph, fields)


def plan_kilobytes(
    types: list[GeneratedType], rng: random.Random, graph: Graph, fields: int
) -> float:
    schema = graph.supergraph.api_schema
    document = parse_operation(operation_text(types, rng, fields), LIMITS)
    operation = normalise(document, None, schema)
    plan(operation, graph)
    gc.collect()
    tracemalloc.start()
    kept = plan(operation, graph)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.fetches
    return size / 1_024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000)
    parser.add_argument("--fields", type=int, default=100)
    parser.add_argument("--json", default="")
    arguments = parser.parse_args()
    figures = dict(run(arguments.operations, arguments.fields))
    for name, value in figures.items():
        print(f"{name:28} {value:10.2f}")
    if arguments.json:
        text = json.dumps({"python": sys.version, **figures}, indent=1)
        Path(arguments.json).write_text(text)


if __name__ == "__main__":
    main()
