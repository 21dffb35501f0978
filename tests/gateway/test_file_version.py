"""Versions of files: each way in which a file changes, and a file that is missing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from weir.gateway.file_version import file_version


def longer(file: Path) -> None:
    before = file.stat()
    file.write_text("one and more")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def later(file: Path) -> None:
    os.utime(file, ns=(1, 1))


def replaced_by_one_as_old_and_as_long(file: Path) -> None:
    before = file.stat()
    new = file.with_suffix(".new")
    new.write_text("two")
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(file)


def removed(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    "change", [longer, later, replaced_by_one_as_old_and_as_long, removed]
)
def test_a_changed_file_has_another_version(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    file = tmp_path / "file"
    file.write_text("one")
    before = file_version(file)

    assert file_version(file) == before
    change(file)
    assert file_version(file) != before
