"""docs/guides/deploy/compiled-plans.md: its files, its output and its warning."""

import asyncio
import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.demo import ROOT
from tests.support.documents import blocks
from tests.support.routed_gateway import generation_of
from weir.bffs.cli.main import app

PAGE = (ROOT / "docs" / "guides" / "deploy" / "compiled-plans.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
OUTPUT, WARNING = (each.text for each in blocks(PAGE) if each.language == "text")


def build(config: str) -> None:
    async def built() -> None:
        generation = await generation_of(config)
        await generation.close()

    asyncio.run(built())


def test_the_page_is_followed_and_a_changed_operation_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        assert name is not None
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)

    outcome = CliRunner().invoke(app, ["compile"])

    assert (outcome.exit_code, outcome.output) == (0, OUTPUT)
    config = Path("weir.yaml").read_text()
    with caplog.at_level(logging.WARNING, "weir.facades"):
        build(config)
        assert not caplog.messages
        operation = Path("operations/Book.graphql")
        operation.write_text(operation.read_text().replace("title", "id"))
        build(config)
    assert caplog.messages == [" ".join(WARNING.split())]
