"""Standard output is a log of JSON lines, whatever the code in this process does."""

import signal
from pathlib import Path

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


async def test_the_urls_of_routes_are_printed_at_start(tmp_path: Path) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(ROUTE)

    async with running_gateway(config) as gateway:
        gateway.signal(signal.SIGTERM)
        await gateway.exit_code()

    assert f"  films    {gateway.url}/films/*" in gateway.complaints


async def test_a_warning_is_a_line_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "greetings.py").write_text(GREETINGS)
    config = tmp_path / "weir.yaml"
    config.write_text(CONFIG)

    async with running_gateway(config, {"PYTHONPATH": str(tmp_path)}) as gateway:
        line = await gateway.logged("log")

    assert line["logger"] == "py.warnings"
    assert "greetings are out of fashion" in line["message"]
    assert not any("fashion" in each for each in gateway.complaints)
