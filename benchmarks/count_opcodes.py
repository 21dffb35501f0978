"""How many opcodes does Python execute for one run of a plan, without the network?

The three queries of `bench_execute.py`, each warm and complete. The count is from
`sys.settrace` with `f_trace_opcodes`. It does not depend on the speed of the machine or
its load. It depends on the minor version of Python, and time inside of C functions does
not count, so the time per request remains the judge.

    python -m benchmarks.count_opcodes
"""

import asyncio
import platform
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any, Self, TypeAlias

from benchmarks.bench_execute import BENCH, QUERIES, Case, case, load_graph
from benchmarks.bench_execute import load_subgraphs as load
from weir.resolvers.execute.compiled.compiling import FILE_NAME

Trace: TypeAlias = Callable[[FrameType, str, Any], Any]

OURS = "/weir/"


class OpcodeCount:
    """The opcodes that are executed within the block, by file."""

    def __init__(self) -> None:
        self.by_file: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    @property
    def total(self) -> int:
        return self.by_file.total()

    def _enter(self, frame: FrameType, event: str, _: object) -> Trace | None:
        del event
        file = frame.f_code.co_filename
        if OURS not in file and file != FILE_NAME:
            return None
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return self._count

    def _count(self, frame: FrameType, event: str, _: object) -> Trace:
        if event == "opcode":
            self.by_file[frame.f_code.co_filename] += 1
        return self._count


async def opcodes(case_: Case) -> Counter[str]:
    """Return the opcodes of one run of a plan that ran before, by file."""
    await case_.answer()
    with OpcodeCount() as counted:
        await case_.answer()
    return counted.by_file


def main() -> None:
    if not BENCH.exists():
        sys.exit(f"The queries of the benchmark are missing: {BENCH}")
    graph, subgraphs = load_graph(), load()
    print(f"Python {platform.python_version()}\n")
    for query in QUERIES:
        made = (case(query, graph, subgraphs, compiles=way) for way in (False, True))
        interpreted, found = [asyncio.run(opcodes(each)) for each in made]
        print(f"{query}: {interpreted.total():,} opcodes interpreted,", end=" ")
        print(f"{found.total():,} compiled, of which")
        for file, count in found.most_common(8):
            print(f"  {count:7,}  {file.partition(OURS)[2] or file}")


if __name__ == "__main__":
    main()
