"""Files are read up to a limit, and errors name the file."""

import os
from pathlib import Path

import pytest

from weir.gateway.bounded_file import UnreadableFile, check_files, read_file


def test_a_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes(b"12345")

    assert read_file(file, 5) == b"12345"


def test_a_larger_file_is_an_error_and_not_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes(b"123456")

    with pytest.raises(UnreadableFile, match=r"keys is larger than 5 bytes"):
        read_file(file, 5)


def test_a_missing_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"nowhere cannot be read: No such file"):
        read_file(tmp_path / "nowhere", 5)


def test_a_pipe_or_device_is_an_error_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for file in (pipe, Path("/dev/zero")):
        with pytest.raises(UnreadableFile, match="read: it is not a regular file"):
            read_file(file, 5)
        with pytest.raises(OSError, match="it is not a regular file"):
            check_files("", str(file))
