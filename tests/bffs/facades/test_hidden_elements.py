"""A client cannot find what a contract hides: no request tells that it exists.

Each case is a random contract of a graph, and random probes by a client that knows the
hidden names. The responses must be the same as from a graph in which the hidden
elements have other names. `make verify` sends all probes, to thousands of contracts.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

from graphql import print_ast
from hypothesis import strategies as st

from tests.support.hidden_elements import HiddenElements, hidden_elements
from tests.support.probes import Probe, probes, stored_operations
from tests.support.seeded_property import check_seeded
from weir.testing import gateway

CONTRACTS = 25
PROBES = 25
GUESSES = 2


CONFIG = """
supergraph: supergraph.graphql
upstreams:
  shop: {{instances: ["http://127.0.0.1:9"]}}
  stock: {{instances: ["http://127.0.0.1:9"]}}
facades:
  app:
    path: /app
    operations: operations
    introspection: {introspection}
    openapi: true
    contract: {{include: [{include}], exclude: [{exclude}]}}
"""


async def seen(
    folder: Path, graph: HiddenElements, sent: Sequence[Probe], introspection: str
) -> list[list[tuple[object, ...]]]:
    """Return the responses to the probes in each of the worlds."""
    found: list[list[tuple[object, ...]]] = []
    contract = {key: ", ".join(tags) for key, tags in graph.contract.items()}
    config = folder / "weir.yaml"
    config.write_text(CONFIG.format(**contract, introspection=introspection))
    (folder / "operations").mkdir(exist_ok=True)
    stored = stored_operations(graph.schema)
    (folder / "operations" / "stored.graphql").write_text(stored)
    for world in graph.worlds:
        (folder / "supergraph.graphql").write_text(print_ast(world.supergraph))
        async with gateway(config, world.services) as tested:
            found.append([await each.send(tested.client) for each in sent])
    return found


def check(
    folder: Path, graph: HiddenElements, data: st.DataObject, *, count: int
) -> None:
    """Check that the responses to `count` probes are equal in both worlds."""
    random = Random(data.draw(st.integers(0, 2**32)))  # noqa: S311 - of a test
    guesses = random.sample(graph.hidden, min(GUESSES, len(graph.hidden)))
    known = list(probes(graph.schema, guesses))
    sent = random.sample(known, min(count, len(known)))
    introspection = random.choice(("true", "true", "false"))
    one, other = asyncio.run(seen(folder, graph, sent, introspection))
    for probe, found, expected in zip(sent, one, other, strict=True):
        assert found == expected, probe


def test_no_probe_finds_a_hidden_element(tmp_path: Path) -> None:
    def run(graph: HiddenElements, data: st.DataObject) -> None:
        check(tmp_path, graph, data, count=PROBES)

    check_seeded(0, hidden_elements(), run, count=CONTRACTS)
