"""Fuzz all targets one after the other, confirm what is found, and write the results.

    python -m tests.verify.fuzz [--inputs N] [--target NAME] [--results PAGE]

An input breaks a rule if it raises an error without a code, or takes more than 50 ms of
CPU time, three times alone: in this process, without instrumentation.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import orjson

from benchmarks.__main__ import commit, machine
from tests.support.fuzzing.findings import MOST_S, confirmed_error, confirmed_s
from tests.support.fuzzing.targets import TARGETS
from tests.support.results_page import with_results

_HEAD: Final = (
    f"{'':12}{'inputs':>9}{'accepted':>10}{'refused':>9}{'codes':>7}"
    f"{'slowest ms':>12}{'broken':>8}  commit"
)


class Result(NamedTuple):
    """The confirmed result of one target."""

    outcomes: dict[str, int]
    slowest_s: float
    broken: list[tuple[str, bytes]]

    @property
    def row(self) -> str:
        inputs = sum(self.outcomes.values())
        refused = {code: n for code, n in self.outcomes.items() if code.isupper()}
        accepted = sum(n for name, n in self.outcomes.items() if name.islower())
        return (
            f"{inputs:9}{accepted:10}{sum(refused.values()):9}{len(refused):7}"
            f"{self.slowest_s * 1000:12.1f}{len(self.broken):8}  {commit()}"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--target", choices=tuple(TARGETS), action="append")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    rows: dict[str, str] = {}
    broken: list[tuple[str, str, bytes]] = []
    print(_HEAD)
    for name in options.target or TARGETS:
        result = _fuzz(name, options.inputs)
        rows[name] = f"{name:12}{result.row}"
        print(rows[name], flush=True)
        broken += [(name, why, data) for why, data in result.broken]
    for name, why, data in broken:
        print(f"\n{name}: {why}\n{data!r}")
    if options.results and not broken:
        _write(options.results, rows)
    sys.exit(bool(broken))


def _write(page: Path, rows: dict[str, str]) -> None:
    """Write the rows into the table of a page, which has others for other targets."""
    text = page.read_text()
    table = text.partition("```text\n")[2].partition("```")[0]
    earlier = {line.split()[0]: line for line in table.splitlines() if line.strip()}
    origin = (
        f"{machine()}, Python {sys.version.split()[0]}, {time.strftime('%Y-%m-%d')}"
    )
    known = {**earlier, **rows}
    lines = [origin, "", _HEAD, "", *(known[name] for name in TARGETS if name in known)]
    page.write_text(with_results(text, {"fuzz": "\n".join(lines)}))


def _fuzz(name: str, inputs: int) -> Result:
    with TemporaryDirectory() as place:
        directory = Path(place) / name
        command = [sys.executable, "-m", "tests.verify.fuzz.guided"]
        environment = {**os.environ, "PYTHONHASHSEED": "1"}
        ended = subprocess.run(
            [*command, name, str(inputs), str(directory)],
            capture_output=True,
            check=False,
            env=environment,
        )
        stopped = [("the process ended", each) for each in _artifacts(directory)]
        findings = directory / "findings.json"
        if not findings.exists():
            sys.stderr.write(ended.stderr.decode()[-1000:])
            return Result({}, 0.0, stopped or [("no findings were written", b"")])
        return _confirmed(name, orjson.loads(findings.read_bytes()), stopped)


def _artifacts(directory: Path) -> Iterator[bytes]:
    """Yield the inputs for which libFuzzer has ended the process."""
    for pattern in ("timeout-*", "crash-*", "oom-*"):
        for path in directory.glob(pattern):
            yield path.read_bytes()


def _confirmed(
    name: str, findings: dict[str, Any], stopped: list[tuple[str, bytes]]
) -> Result:
    target = TARGETS[name]
    errors = [
        (confirmed_error(target, data), data)
        for data in map(bytes.fromhex, findings["broken"])
    ]
    times_s = [
        (confirmed_s(target, data), data)
        for data in map(bytes.fromhex, findings["slow"])
    ]
    broken = [
        *stopped,
        *((why, data) for why, data in errors if why),
        *((f"{took * 1000:.0f} ms", data) for took, data in times_s if took > MOST_S),
    ]
    return Result(findings["outcomes"], max(times_s)[0], broken)


if __name__ == "__main__":
    main()
