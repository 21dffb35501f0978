import os
import stat
import time
from pathlib import Path

import pytest

from weir.gateway.telemetry.log.line_writer import LineWriter
from weir.gateway.telemetry.log.log_file import LogFile


def append(file: LogFile, line: bytes) -> None:
    assert file.write(memoryview(line)) == len(line)


def test_lines_are_appended_to_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_bytes(b"before\n")
    path.chmod(0o600)
    for line in (b"one\n", b"two\n"):
        file = LogFile(path)
        append(file, line)
        file.close()

    assert path.read_bytes() == b"before\none\ntwo\n"

    LogFile(tmp_path / "new.log").close()
    assert stat.S_IMODE((tmp_path / "new.log").stat().st_mode) == 0o600


def test_a_rotated_file_is_followed_by_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    file = LogFile(path)
    append(file, b"one\n")
    path.rename(tmp_path / "audit.log.1")
    append(file, b"two\n")
    path.unlink()
    append(file, b"three\n")
    file.close()

    assert (tmp_path / "audit.log.1").read_bytes() == b"one\n"
    assert path.read_bytes() == b"three\n"


def test_a_named_pipe_without_a_reader_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="No such device"):
        LogFile(tmp_path / "pipe")


def test_a_reader_that_stops_costs_lines_and_no_time(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    file = LogFile(tmp_path / "pipe")
    writer = LineWriter(file.write, max_pending=100_000)
    begun = time.perf_counter()
    for _ in range(5000):
        writer.write(b"x" * 99)

    assert time.perf_counter() - begun < 5
    assert 0 < writer.dropped < 5000

    os.close(reading)
    assert writer.close()
    file.close()


def test_lines_that_cannot_be_written_are_counted(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    file = LogFile(folder / "audit.log")
    writer = LineWriter(file.write)
    (folder / "audit.log").unlink()
    folder.rmdir()
    writer.write(b"one")
    end_s = time.monotonic() + 20
    while writer.dropped != 1:
        assert time.monotonic() < end_s
        time.sleep(0.01)

    folder.mkdir()
    writer.write(b"two")
    assert writer.close()
    file.close()

    lines = (folder / "audit.log").read_bytes().splitlines()
    assert lines[0] == b"two"
    assert b'"count":1' in lines[1]
