"""The commands that call a control port, at the address of another program."""

import asyncio

import pytest
from typer.testing import CliRunner

from tests.support.raw_service import ok, raw_service, responding
from weir.bffs.cli.main import app


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}"])
@pytest.mark.parametrize(
    "command",
    [("trace",), ("trace", "a"), ("cache", "purge", "users"), ("can-i-drop", "T.a")],
)
async def test_a_response_of_another_program_is_one_line(
    command: tuple[str, ...], body: bytes
) -> None:
    async with raw_service(responding(ok(body))) as service:
        control = service.url.removeprefix("http://")
        arguments = [*command, "--control", control]
        outcome = await asyncio.to_thread(CliRunner().invoke, app, arguments)

    assert outcome.exit_code in (1, 2), repr(outcome.exception)
    assert outcome.stderr.startswith("weir: not the control port of a gateway: ")
    assert outcome.stderr.count("\n") == 1
