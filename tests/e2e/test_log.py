"""Standard output is a log of JSON lines, whatever the code in this process does."""

import signal
from pathlib import Path

import httpx
import pytest

from tests.support.conditions import until
from tests.support.gateway import running_gateway

CONFIG = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}"}
subgraphs: {greetings: {python: "greetings:schema"}}
facades: {web: {path: /web}}
"""
ROUTE = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}"}
upstreams: {films: {instances: ["http://127.0.0.1:1"], health: {active: false}}}
routes: {films: {path: /films/*, proxy: films}}
"""
GREETINGS = """
import warnings
import strawberry
from strawberry.federation import Schema

@strawberry.type
class Query:
    hello: str = "hello"

schema = Schema(query=Query)
warnings.warn("greetings are out of fashion", FutureWarning)
"""


LOGGED = """
import logging
import strawberry
from strawberry.federation import Schema

@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        logging.getLogger("shop").info("asked")
        return "hello"

schema = Schema(query=Query)
"""

PRINTED = """
import strawberry
from strawberry.federation import Schema

@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        print("printed by a resolver", flush=True)
        return "hello"

schema = Schema(query=Query)
print("printed by a module", flush=True)
"""


async def test_a_level_is_set_in_all_workers_and_in_new_ones(tmp_path: Path) -> None:
    (tmp_path / "greetings.py").write_text(LOGGED)
    config = tmp_path / "weir.yaml"
    config.write_text(CONFIG.replace("{port:", "{workers: 2, drain_delay: 0s, port:"))
    query = {"query": "{ hello }"}

    def infos() -> int:
        return [each["event"] for each in gateway.log].count("log")

    async with (
        running_gateway(config, {"PYTHONPATH": str(tmp_path)}) as gateway,
        httpx.AsyncClient(base_url=gateway.control, timeout=60) as control,
    ):

        async def ask(times: int) -> None:
            for _ in range(times):
                # Each connection may be that of another worker.
                async with httpx.AsyncClient() as client:
                    await client.post(f"{gateway.url}/web/graphql", json=query)

        await ask(1)
        changed = await control.put("/log/levels/shop", json={"level": "info"})
        await ask(8)
        await until(lambda: infos() == 8)
        rolled = await control.post("/workers/roll")
        await ask(8)
        await until(lambda: infos() == 16)

    assert (changed.status_code, rolled.status_code) == (200, 200)


async def test_the_urls_of_routes_are_printed_at_start(tmp_path: Path) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(ROUTE)

    async with running_gateway(config) as gateway:
        gateway.signal(signal.SIGTERM)
        await gateway.exit_code()

    assert f"  films    {gateway.url}/films/*" in gateway.complaints
    phases = [line["phase"] for line in gateway.log if "phase" in line]
    assert phases == ["serving", "draining", "closing", "stopped"]


async def test_a_warning_is_a_line_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "greetings.py").write_text(GREETINGS)
    config = tmp_path / "weir.yaml"
    config.write_text(CONFIG)

    async with running_gateway(config, {"PYTHONPATH": str(tmp_path)}) as gateway:
        line = await gateway.logged("log")

    assert line["logger"] == "py.warnings"
    assert "greetings are out of fashion" in line["message"]
    assert not any("fashion" in each for each in gateway.complaints)


@pytest.mark.parametrize("workers", [1, 2])
async def test_what_code_prints_is_not_in_the_log(tmp_path: Path, workers: int) -> None:
    (tmp_path / "greetings.py").write_text(PRINTED)
    config = tmp_path / "weir.yaml"
    config.write_text(CONFIG.replace("{port:", f"{{workers: {workers}, port:"))
    query = {"query": "{ hello }"}

    async with (
        running_gateway(config, {"PYTHONPATH": str(tmp_path)}) as gateway,
        httpx.AsyncClient(timeout=60) as client,
    ):
        response = await client.post(f"{gateway.url}/web/graphql", json=query)
        await gateway.logged("request")
        await until(lambda: "printed by a resolver" in gateway.complaints)

    assert response.json() == {"data": {"hello": "hello"}}
    assert "printed by a module" in gateway.complaints
