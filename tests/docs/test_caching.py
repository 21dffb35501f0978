"""Every example of docs/guides/caching.md does what the page says."""

import asyncio
import re
import shlex
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.cached_graph import counted_numbers, gateways_over, number
from tests.support.gateway import Gateway
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "caching.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_a_configuration_is_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "weir.yaml").write_text(text)

    config = load_config(tmp_path / "weir.yaml", {}).config

    assert config.redis or config.upstreams["catalog"].cache


async def test_the_commands_succeed_in_order(tmp_path: Path) -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 8
    async with (
        counted_numbers() as numbers,
        gateways_over(numbers, tmp_path, count=1) as (gateway,),
        httpx.AsyncClient(base_url=gateway.control) as control,
    ):
        await number(control, gateway)
        for command in commands:
            told = await run(command.replace("catalog", "numbers"), gateway, control)
            if command == "weir cache purge catalog":
                assert told == "1 response purged\n"


async def run(command: str, gateway: Gateway, control: httpx.AsyncClient) -> str:
    program, *arguments = shlex.split(command)
    if program == "curl":
        return await ask(arguments, control)
    assert program == "weir"
    address = gateway.control.removeprefix("http://")
    outcome = await asyncio.to_thread(
        CliRunner().invoke, app, [*arguments, "--control", address]
    )
    assert outcome.exit_code == 0, outcome.stderr
    return outcome.output


async def ask(arguments: list[str], control: httpx.AsyncClient) -> str:
    """Do as curl would."""
    url = next(each for each in arguments if each.startswith("http://127.0.0.1:4001/"))
    given = dict(pairwise(arguments))
    name, _, value = given.get("-H", "accept: */*").partition(": ")
    answer = await control.request(
        given.get("-X", "GET"),
        url.removeprefix("http://127.0.0.1:4001"),
        content=given.get("-d"),
        headers={name: value},
    )
    assert answer.is_success, answer.text
    return answer.text
