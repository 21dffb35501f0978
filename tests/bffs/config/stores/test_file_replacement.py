"""A change is kept as a whole or not at all, and never over a change of another."""

import fcntl
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from weir.bffs.config.errors import ConfigConflict, ReadOnlyConfig, UnexpectedVersion
from weir.bffs.config.stores.changes import PutInstance, RemoveUpstream
from weir.bffs.config.stores.file import FileStore

TEXT = "upstreams: {a: {instances: [http://h:1]}}\n"
BY_HAND = "# By hand.\n" + TEXT
CHANGE = PutInstance("a", "h:1", {"weight": 2})


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    (tmp_path / "weir.yaml").write_text(TEXT)
    return FileStore(tmp_path / "weir.yaml")


def weight(store: FileStore) -> int:
    return store.load().config.upstreams["a"].instances[0].weight


def test_an_edit_by_hand_meanwhile_is_not_lost(store: FileStore) -> None:
    edited = store.edit(CHANGE)
    store.file.write_text(BY_HAND)

    with pytest.raises(ConfigConflict, match="has changed meanwhile; make the change"):
        store.save(edited)

    assert store.file.read_text() == BY_HAND
    assert list(store.file.parent.iterdir()) == [store.file]
    store.save(store.edit(CHANGE))
    assert store.file.read_text().startswith("# By hand.")
    assert weight(store) == 2


def test_of_two_changes_of_one_version_one_is_stored(store: FileStore) -> None:
    first, second = store.edit(CHANGE), store.edit(PutInstance("a", "h:2", {}))
    store.save(first)

    with pytest.raises(ConfigConflict):
        store.save(second)

    assert (weight(store), len(store.load().config.upstreams["a"].instances)) == (2, 1)


def test_a_file_that_is_removed_meanwhile_is_not_made_again(store: FileStore) -> None:
    edited = store.edit(CHANGE)
    store.file.unlink()

    with pytest.raises(ReadOnlyConfig, match="cannot be replaced: No such file"):
        store.save(edited)

    assert not list(store.file.parent.iterdir())


def test_a_file_that_another_gateway_replaces_now_is_left(store: FileStore) -> None:
    edited = store.edit(CHANGE)
    folder = os.open(store.file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(ConfigConflict):
            store.save(edited)
    finally:
        os.close(folder)
    assert store.file.read_text() == TEXT

    store.save(edited)
    assert weight(store) == 2


def test_a_change_waits_for_the_replacement_of_another_file(store: FileStore) -> None:
    edited = store.edit(CHANGE)
    folder = os.open(store.file.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    release = threading.Timer(0.1, os.close, [folder])
    release.start()

    store.save(edited)

    release.join()
    assert weight(store) == 2


def test_a_change_is_made_of_the_expected_version_alone(store: FileStore) -> None:
    version = store.load().version
    store.save(store.edit(CHANGE, frozenset({"another", version})))
    kept = store.load().version

    for expected in ([version], ["another"], []):
        with pytest.raises(UnexpectedVersion, match="has changed since that version"):
            store.edit(RemoveUpstream("a"), frozenset(expected))
    assert store.edit(RemoveUpstream("a"), frozenset({kept})).loaded.version != kept
    assert store.edit(CHANGE).loaded.version == kept


def test_a_symbolic_link_stays_one(store: FileStore, tmp_path: Path) -> None:
    target = store.file.rename(tmp_path / "target.yaml")
    store.file.symlink_to("target.yaml")

    store.save(store.edit(CHANGE))

    assert store.file.readlink() == Path("target.yaml")
    assert not target.is_symlink()
    assert weight(store) == 2


@pytest.fixture
def mounted(store: FileStore, tmp_path: Path) -> FileStore:
    """A config map as Kubernetes mounts it: a link into a folder that is a link."""
    for version in ("..1", "..2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "weir.yaml").write_text(TEXT)
    store.file.unlink()
    (tmp_path / "..data").symlink_to("..1")
    store.file.symlink_to("..data/weir.yaml")
    return store


def test_a_mounted_config_map_keeps_its_links(
    mounted: FileStore, tmp_path: Path
) -> None:
    mounted.save(mounted.edit(CHANGE))

    assert mounted.file.readlink() == Path("..data/weir.yaml")
    assert (tmp_path / "..data").readlink() == Path("..1")
    assert weight(mounted) == 2


def test_a_config_map_that_is_replaced_meanwhile_is_a_conflict(
    mounted: FileStore, tmp_path: Path
) -> None:
    edited = mounted.edit(CHANGE)
    (tmp_path / "..2" / "weir.yaml").write_text(BY_HAND)
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").replace(tmp_path / "..data")

    with pytest.raises(ConfigConflict):
        mounted.save(edited)

    assert mounted.file.read_text() == BY_HAND


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_file_keeps_its_mode(store: FileStore, mode: int) -> None:
    store.file.chmod(mode)

    store.save(store.edit(CHANGE))

    assert store.file.stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_the_file_keeps_its_owner(store: FileStore) -> None:
    os.chown(store.file, 1234, 4321)

    store.save(store.edit(CHANGE))

    status = store.file.stat()
    assert (status.st_uid, status.st_gid) == (1234, 4321)


@contextmanager
def full_disk() -> Iterator[None]:
    """Let this process write no byte into a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_change_that_does_not_fit_on_the_disk_leaves_nothing(
    store: FileStore,
) -> None:
    edited = store.edit(CHANGE)

    with full_disk(), pytest.raises(ReadOnlyConfig, match="cannot be replaced: File"):
        store.save(edited)

    assert store.file.read_text() == TEXT
    assert list(store.file.parent.iterdir()) == [store.file]


def test_a_reader_never_sees_a_part(store: FileStore) -> None:
    with store.file.open() as before:
        store.save(store.edit(CHANGE))
        assert before.read() == TEXT
