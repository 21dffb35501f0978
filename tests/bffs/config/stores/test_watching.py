"""The files whose changes `weir serve --watch` loads."""

from pathlib import Path

import pytest
from watchfiles import Change

from weir.bffs.config.stores.watching import ConfigFiles

FOLDER = Path("/etc/weir")
LOADED = [
    *("weir.yaml", "operations/Home.graphql", "manifest.json", "tls/server.pem"),
    *(".env", "..data"),
]
IGNORED = [
    *("weir.log", "audit.jsonl", "state/weir.yaml", ".weir.yaml.swp"),
    ".git/config.yaml",
]


def is_watched(name: str) -> bool:
    files = ConfigFiles(ignored=FOLDER / "state")
    return files(Change.modified, str(FOLDER / name))


@pytest.mark.parametrize("name", LOADED)
def test_changed_files_of_a_configuration_are_loaded(name: str) -> None:
    assert is_watched(name)


@pytest.mark.parametrize("name", IGNORED)
def test_logs_the_state_folder_and_files_of_tools_are_left_out(name: str) -> None:
    assert not is_watched(name)
