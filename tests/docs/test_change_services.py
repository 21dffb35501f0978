"""Every command of guides/change-services-at-run-time.md does what the page says."""

from pathlib import Path

from tests.support.demo import ROOT
from tests.support.documents import Reader
from tests.support.ports import free_port
from weir.bffs.error_table import TABLE

PAGE = (ROOT / "docs" / "guides" / "change-services-at-run-time.md").read_text()


async def test_the_page_is_followed_from_top_to_bottom(tmp_path: Path) -> None:
    reader = Reader(tmp_path, {4000: free_port(), 4001: free_port()})
    try:
        await reader.follow(PAGE)
    finally:
        await reader.stop()


def test_the_codes_of_the_page_are_those_of_the_table() -> None:
    named = [row for row in TABLE if f"`{row.code}`](../reference/errors.md" in PAGE]

    assert len(named) == 8
    assert [
        row.code for row in named if f"| {row.status} | [`{row.code}`" not in PAGE
    ] == []
