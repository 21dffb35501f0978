"""Measures the time and memory of composing large graphs.

`python -m benchmarks.bench_compose [--json OUT]` composes two generated graphs:

- *wide*: 50 subgraphs and 1,000 types. Entities live in one to four subgraphs each,
  refer to others, share value types, and require fields of each other.
- *tangled*: 20 subgraphs that all have all 200 entities, each with two keys, so that
  the number of paths through keys explodes.

Each graph is composed in its own process, to measure its peak memory. The result is
verified: it composed, and has all types. A failure ends the run.
"""

import argparse
import json
import platform
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from weir.gateway.server.process.interpreter import gc_paused
from weir.schema import Composed, Subgraph, compose, render_errors
from weir.schema.supergraph.api_schema import api_schema

SEED = 20_240_601
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@key", "@shareable", "@external", "@requires"])'
)
WIDE_SUBGRAPHS, WIDE_TYPES = 50, 1_000
TANGLED_SUBGRAPHS, TANGLED_TYPES = 20, 200


class Part:
    """A builder of the SDL of one subgraph: types by name, fields by name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._types: dict[str, tuple[str, dict[str, str]]] = {}

    def add(self, type_name: str, directives: str, *fields: str) -> None:
        _, known = self._types.setdefault(type_name, (directives, {}))
        for field in fields:
            known.setdefault(field.partition(":")[0], field)

    def subgraph(self) -> Subgraph:
        types = (
            f"type {name} {directives} {{ {' '.join(fields.values())} }}"
            for name, (directives, fields) in self._types.items()
        )
        sdl = "\n".join([LINK, *types])
        return Subgraph(name=self._name, sdl=sdl, url=f"http://{self._name}.internal")


def wide() -> list[Subgraph]:
    """Return subgraphs of spread entities, linked by stubs, with shared value types."""
    rng = random.Random(SEED)  # noqa: S311 - a graph, not a secret
    parts = [Part(f"s{number:02}") for number in range(WIDE_SUBGRAPHS)]
    values = WIDE_TYPES // 10
    entities = WIDE_TYPES - values
    homes = [rng.sample(parts, rng.randint(1, 4)) for _ in range(entities)]
    for number, (owner, *others) in enumerate(homes):
        owner.add("Query", "", f"e{number}(id: ID!): E{number}")
        owner.add(f"E{number}", '@key(fields: "id")', "id: ID!", "base: Int")
        for position, home in enumerate(others):
            required = "base: Int @external" if position == 0 else "id: ID!"
            home.add(f"E{number}", '@key(fields: "id")', "id: ID!", required)
            if position == 0:
                home.add(f"E{number}", "", 'derived: Int @requires(fields: "base")')
        for home in (owner, *others):
            link_up(rng, home, number, values=values, entities=entities)
    return [part.subgraph() for part in parts]


def link_up(
    rng: random.Random, home: Part, number: int, *, values: int, entities: int
) -> None:
    """Add fields of an entity to a subgraph: a leaf, a value, another entity."""
    value, other = rng.randrange(values), rng.randrange(entities)
    name = f"{rng.randrange(10**9)}"
    home.add(f"V{value}", "@shareable", "x: Int", "y: String")
    home.add(f"E{other}", '@key(fields: "id")', "id: ID!")
    fields = (f"leaf_{name}: String", f"value_{name}: V{value}", f"to_{name}: E{other}")
    home.add(f"E{number}", "", *fields)


def tangled() -> list[Subgraph]:
    """Return subgraphs that all have all entities, each with two keys."""
    parts = [Part(f"s{number:02}") for number in range(TANGLED_SUBGRAPHS)]
    keys = '@key(fields: "id") @key(fields: "sku")'
    for number in range(TANGLED_TYPES):
        following = f"E{(number + 1) % TANGLED_TYPES}"
        for position, part in enumerate(parts):
            own = (f"own{position}: String", f"next{position}: {following}")
            part.add(f"E{number}", keys, "id: ID!", "sku: String!", *own)
    parts[0].add("Query", "", "start: E0")
    return [part.subgraph() for part in parts]


GRAPHS: dict[str, tuple[Callable[[], Sequence[Subgraph]], int]] = {
    "wide": (wide, WIDE_TYPES),
    "tangled": (tangled, TANGLED_TYPES),
}


def measure(name: str) -> dict[str, object]:
    """Compose one graph in this process."""
    generate, types = GRAPHS[name]
    subgraphs = generate()
    started, cpu_started = time.perf_counter(), time.process_time()
    with gc_paused():  # as `weir compose` does
        composed = compose(subgraphs)
    seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - cpu_started
    if not isinstance(composed, Composed):
        sys.exit(f"{name} does not compose:\n{render_errors(composed.errors[:3])}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    names = api_schema(composed.supergraph_sdl).type_map
    found = [each for each in names if each[1:2].isdigit()]
    if len(found) != types:
        sys.exit(f"{name} has {len(found)} types, not {types}")
    return {
        "graph": name,
        "subgraphs": len(subgraphs),
        "types": types,
        "sdl_kb": sum(len(each.sdl) for each in subgraphs) // 1024,
        "supergraph_kb": len(composed.supergraph_sdl) // 1024,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "peak_mb": peak // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compose large generated graphs.")
    parser.add_argument("--json", type=Path, help="write the results here")
    parser.add_argument("--only", choices=sorted(GRAPHS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.only)))
        return
    results: list[dict[str, object]] = []
    for name in GRAPHS:
        command = [sys.executable, "-m", "benchmarks.bench_compose", "--only", name]
        run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
        results.append(json.loads(run.stdout))
        print(results[-1])
    report = {"python": platform.python_version(), "machine": platform.machine()}
    if arguments.json:
        arguments.json.write_text(json.dumps({**report, "results": results}, indent=2))


if __name__ == "__main__":
    main()
