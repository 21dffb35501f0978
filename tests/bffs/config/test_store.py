"""Changing weir.yaml through the API: what is written, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bffs.config.errors import ConfigError
from bffs.config.registry_edits import (
    UnknownUpstream,
    put_instance,
    put_upstream,
    remove_instance,
    remove_upstream,
)
from bffs.config.store import ConfigEdit, FileStore, FixedStore, ReadOnlyConfig

TEXT = """\
# Ours.
upstreams:
  catalog:
    instances:
      - ${CATALOG:-http://127.0.0.1:5101}  # the first
      - {url: http://127.0.0.1:5102, weight: 2}
subgraphs:
  catalog: {upstream: catalog}
"""


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    file = tmp_path / "weir.yaml"
    file.write_text(TEXT)
    return FileStore(file)


def change(store: FileStore, edit: ConfigEdit) -> list[tuple[str, int, bool]]:
    edited = store.edit(edit)
    store.keep(edited)
    assert store.load().config == edited.loaded.config
    return [
        (each.url, each.weight, each.enabled)
        for each in edited.loaded.config.upstreams["catalog"].instances
    ]


def test_an_instance_is_changed_where_it_stands(store: FileStore) -> None:
    first = "127.0.0.1:5101"

    found = change(store, put_instance("catalog", first, {"weight": 3}, store.load()))

    assert found[0] == ("http://127.0.0.1:5101", 3, True)
    text = store.file.read_text()
    assert "# Ours." in text
    assert "${CATALOG:-http://127.0.0.1:5101}" in text


def test_a_file_that_cannot_be_written_is_told_and_left(store: FileStore) -> None:
    store.file.with_name(".weir.yaml.new").mkdir()
    edited = store.edit(
        put_instance("catalog", "127.0.0.1:5101", {"weight": 3}, store.load())
    )

    with pytest.raises(ReadOnlyConfig, match="cannot be written"):
        store.keep(edited)
    assert store.file.read_text() == TEXT


def test_an_instance_is_switched_off_added_and_taken_out(store: FileStore) -> None:
    off = put_instance("catalog", "127.0.0.1:5102", {"enabled": False}, store.load())
    assert change(store, off)[1] == ("http://127.0.0.1:5102", 2, False)
    added = put_instance("catalog", "127.0.0.1:5103", {}, store.load())
    assert change(store, added)[2] == ("http://127.0.0.1:5103", 1, True)
    gone = remove_instance("catalog", "127.0.0.1:5101", store.load())
    assert [url for url, *_ in change(store, gone)] == [
        "http://127.0.0.1:5102",
        "http://127.0.0.1:5103",
    ]


def test_a_service_is_registered_and_taken_out(store: FileStore) -> None:
    new = {"instances": ["http://127.0.0.1:1"], "timeout": {"attempt": "1s"}}
    change(store, put_upstream("new", new))
    assert store.load().config.upstreams["new"].timeout.attempt == 1.0
    change(store, remove_upstream("new", store.load()))
    assert "new" not in store.load().config.upstreams


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda loaded: remove_upstream("catalog", loaded),
            'subgraphs.catalog.upstream: unknown upstream "catalog"',
        ),
        (
            lambda _: put_upstream("x", {"instances": ["here"]}),
            "upstreams.x.instances.0",
        ),
        (lambda _: put_upstream("x", {"instance": []}), 'did you mean "instances"'),
    ],
)
def test_what_would_not_be_valid_changes_nothing(
    store: FileStore, make: Callable[..., ConfigEdit], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        store.edit(make(store.load()))
    assert store.file.read_text() == TEXT


def test_what_is_not_there_cannot_be_changed(store: FileStore) -> None:
    with pytest.raises(UnknownUpstream, match='no service is registered as "x"'):
        put_instance("x", "h:1", {}, store.load())
    with pytest.raises(UnknownUpstream, match="has no instance at h:1"):
        remove_instance("catalog", "h:1", store.load())


def test_a_configuration_of_the_command_line_is_read_only(store: FileStore) -> None:
    fixed = FixedStore(store.load())

    with pytest.raises(ReadOnlyConfig, match="without a configuration file"):
        fixed.edit(put_upstream("x", {}))
