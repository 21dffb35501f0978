import fcntl
import os
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from weir.gateway.telemetry.log.line_writer import LineWriter


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_lines_arrive_in_order_and_are_flushed_at_the_end(
    pipe: tuple[int, int],
) -> None:
    reading, writing = pipe
    writer = LineWriter(partial(os.write, writing))
    for number in range(100):
        writer.write(b"%d" % number)
    writer.close()

    assert os.read(reading, 10_000) == b"".join(b"%d\n" % n for n in range(100))


def test_lines_arrive_without_being_asked_for(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    writer = LineWriter(partial(os.write, writing))
    for line in (b"one", b"two"):
        writer.write(line)

        assert os.read(reading, 100) == line + b"\n"
    writer.close()


def test_a_reader_that_is_stuck_blocks_nobody_and_learns_what_it_missed(
    pipe: tuple[int, int],
) -> None:
    reading, writing = pipe
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    writer = LineWriter(partial(os.write, writing), max_pending=10_000)
    begun = time.perf_counter()
    for _ in range(1000):
        writer.write(b"x" * 99)
    assert time.perf_counter() - begun < 5

    received = b""
    while b"dropped" not in received:
        received += os.read(reading, 4096)
        # The lines made room for; the count of those dropped comes with the next.
        writer.write(b"y")
    writer.close()

    assert b'"event":"log_lines_dropped"' in received
    assert received.count(b"x" * 99 + b"\n") <= 101


def test_what_was_written_makes_room(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    writer = LineWriter(partial(os.write, writing), max_pending=200)
    for _ in range(5):
        writer.write(b"x" * 150)

        assert os.read(reading, 1000) == b"x" * 150 + b"\n"
        _wait_until(lambda: writer.pending == 0)
    writer.close()


def _wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 2
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.001)


def test_a_reader_that_has_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(partial(os.write, writing))
    os.close(reading)
    writer.write(b"to nobody")
    writer.close()
    os.close(writing)
