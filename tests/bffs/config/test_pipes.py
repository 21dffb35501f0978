"""A pipe in place of a file is an error: nothing waits for its writer."""

import os
from pathlib import Path

import pytest

from tests.support.routed_gateway import generation_of
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.text_file import UnreadableFile, read_argument, read_text

UPSTREAM = "upstreams: {s: {instances: ['https://h'], health: {active: false}%s}}\n%s"
ROUTE = "routes: {r: {path: /*, proxy: s%s}}\n"


@pytest.mark.parametrize(
    "config",
    [
        UPSTREAM % (", tls: {ca: pipe}", ROUTE % ""),
        UPSTREAM % ("", ROUTE % ", openapi: pipe"),
        UPSTREAM % ("", ROUTE % ", validation: {openapi: pipe}"),
        UPSTREAM % ("", "supergraph: pipe\n" + ROUTE % ""),
    ],
)
async def test_a_configured_file_is_not_a_pipe(config: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    message = r"pipe:? cannot be read: it is not a regular file"
    with pytest.raises(ConfigError, match=message):
        await generation_of(config, folder=tmp_path)


def test_an_argument_of_a_command_may_be_a_pipe() -> None:
    source, target = os.pipe()
    os.write(target, b"{ a }")
    os.close(target)

    assert read_argument(Path(f"/dev/fd/{source}")) == "{ a }"
    with pytest.raises(UnreadableFile, match="it is not a regular file"):
        read_text(Path(f"/dev/fd/{source}"))
    os.close(source)
