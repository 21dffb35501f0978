"""Lines of several processes in one pipe."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
WRITE = """
import sys
from weir.gateway.telemetry.log.line_writer import LineWriter
from weir.gateway.telemetry.log.shared_output import SharedOutput
writer = LineWriter(SharedOutput(1))
for _ in range(40):
    writer.write(sys.argv[1].encode() * 20_000)
writer.close()
"""


def test_long_lines_are_whole() -> None:
    reading, writing = os.pipe()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, each], stdout=writing, cwd=ROOT)
        for each in "abc"
    ]
    os.close(writing)
    with os.fdopen(reading, "rb") as read:
        lines = read.read().splitlines()
    assert {each.wait() for each in writers} == {0}

    assert len(lines) == 120
    assert all(len(each) == 20_000 and len(set(each)) == 1 for each in lines)
