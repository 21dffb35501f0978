"""The commands of docs/guides/workers.md do what the page says."""

from pathlib import Path

from tests.support.demo import ROOT
from tests.support.documents import Reader
from tests.support.ports import free_port

PAGE = (ROOT / "docs" / "guides" / "workers.md").read_text()


async def test_the_page_is_followed_from_top_to_bottom(tmp_path: Path) -> None:
    reader = Reader(tmp_path, {4000: free_port(), 4001: free_port()})
    try:
        await reader.follow(PAGE)
    finally:
        await reader.stop()
