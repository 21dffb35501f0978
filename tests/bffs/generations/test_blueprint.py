"""A blueprint is plain data: another process makes the same generation of it."""

import asyncio
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.upstreams import runtime
from weir.bffs.config.decode import load_config
from weir.bffs.generations.build import build_generation
from weir.gateway.clock import SystemClock
from weir.resolvers.engine.preparation_queue import PreparationQueue

SHOP = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { product: Product }
type Product @key(fields: "id") { id: ID! name: String }
"""
CONFIG = """
upstreams: {u: {instances: ["http://127.0.0.1:9"], health: {active: false}}}
subgraphs: {shop: {upstream: u, sdl: shop.graphql}}
facades: {web: {path: /web, operations: operations}, tv: {path: /tv}}
"""
REALISE = """
import asyncio, pickle, sys
from random import Random
from tests.support.memory_exchange import request_head
from weir.bffs.generations.identification import identify_callers
from weir.bffs.generations.realisation import Realisation
from weir.bffs.generations.upstream_registry import new_registry
from weir.gateway.clock import SystemClock
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.upstreams.dependencies import Dependencies
from weir.resolvers.engine.preparation_queue import PreparationQueue

async def main():
    blueprint = pickle.loads(sys.stdin.buffer.read())
    dependencies = Dependencies(SystemClock(), Random(), FanOut([]))
    registry = new_registry(blueprint.policies, dependencies, None)
    queue = PreparationQueue(8, dependencies.clock)
    callers = await identify_callers(blueprint.loaded, None, dependencies.clock)
    generation = await Realisation(
        blueprint, registry, dependencies, queue, None, {}, callers, 0.0
    ).generation()
    head = request_head("/web/v1/product")
    print(generation.id, generation.route(head).route.template)
    queue.close()
    await generation.close()

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.graphql").write_text(SHOP)
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "Product.graphql").write_text(
        'query Product @rest(path: "/v1/product") { product { name } }'
    )
    return tmp_path


async def test_another_process_makes_the_same_generation(folder: Path) -> None:
    (folder / "weir.yaml").write_text(CONFIG)
    queue = PreparationQueue(8, SystemClock())
    generation = await build_generation(
        load_config(folder / "weir.yaml", {}), None, runtime(), queue
    )
    text = pickle.dumps(generation.blueprint)
    queue.close()
    await generation.close()
    for file in ("shop.graphql", "operations/Product.graphql", "weir.yaml"):
        (folder / file).unlink()

    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", REALISE],
        input=text,
        capture_output=True,
        check=False,
    )

    assert process.returncode == 0, process.stderr.decode()
    assert process.stdout.split() == [generation.id.encode(), b"/web/v1/product"]


async def test_facades_of_one_graph_share_its_blueprint(folder: Path) -> None:
    (folder / "weir.yaml").write_text(CONFIG)
    queue = PreparationQueue(8, SystemClock())
    generation = await build_generation(
        load_config(folder / "weir.yaml", {}), None, runtime(), queue
    )
    queue.close()
    await generation.close()

    graphs = generation.blueprint.graphs
    assert graphs["web"] is graphs["tv"]
    assert "join__Graph" in graphs["web"].supergraph_sdl
