"""The share of each part of the gateway, from samples by module."""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

# The first matching prefix of a module counts.
PARTS = {
    "in-process resolvers": (
        *("strawberry", "graphql", "aiodataloader", "examples/streaming"),
        *("resolvers/loaders", "resolvers/sources/strawberry"),
    ),
    "façades": ("bffs",),
    "engine: execute": (
        *("resolvers/execute", "resolvers/sources", "resolvers/context"),
        "resolvers/provenance",
    ),
    "engine: operation and plan": ("resolvers", "schema"),
    "traffic: policies": ("gateway/upstreams",),
    "traffic: HTTP client": ("gateway/transport",),
    "server and edge": ("gateway/server", "gateway/edge", "gateway"),
    "event loop, and other": ("",),
}
IN_PROCESS = "in-process resolvers"


def collect(pid: int, file: Path) -> Counter[str]:
    """Return the samples of process `pid` since the last call."""
    file.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR2)
    deadline_s = time.monotonic() + 10
    while not file.exists():
        assert time.monotonic() < deadline_s, "the sampler does not respond"
        time.sleep(0.02)
    return Counter(json.loads(file.read_text()))


def part_of(module: str) -> str:
    return next(
        part
        for part, prefixes in PARTS.items()
        if any(module.startswith(prefix) for prefix in prefixes)
    )


def shares(samples: Counter[str]) -> dict[str, float]:
    """Return the share of each part, in the order of PARTS."""
    found: Counter[str] = Counter()
    for module, count in samples.items():
        found[part_of(module)] += count
    total = max(samples.total(), 1)
    return {part: found[part] / total for part in PARTS}
