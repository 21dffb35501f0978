"""The gateway with a sampler of its CPU.

    python -m benchmarks.sampled FILE serve --config weir.yaml

runs the command `weir` with the arguments after FILE. Every few milliseconds of CPU
(the kernel's clock decides the interval) it records the running Python frame. SIGUSR2
writes the counts by module to FILE, and resets them.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from benchmarks.processes import ROOT

INTERVAL_S = 0.001
_PACKAGES = ("strawberry", "graphql", "aiodataloader")


class Sampler:
    """A counter of samples by the innermost module of Weir or of a known library."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._counts: Counter[str] = Counter()
        self._modules: dict[str, str | None] = {}

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._note)
        signal.signal(signal.SIGUSR2, self._write)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)

    def _note(self, _number: int, frame: FrameType | None) -> None:
        while frame is not None:
            module = self._module(frame.f_code.co_filename)
            if module is not None:
                self._counts[module] += 1
                return
            frame = frame.f_back
        self._counts["event loop"] += 1

    def _module(self, file: str) -> str | None:
        if file not in self._modules:
            self._modules[file] = module_of(file)
        return self._modules[file]

    def _write(self, _number: int, _frame: FrameType | None) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(self._counts))
        part.replace(self._file)
        self._counts.clear()


def module_of(file: str) -> str | None:
    """Return the module that a file counts as; None if its caller counts."""
    path = Path(file)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(ROOT).with_suffix("")).removeprefix("weir/")
    return next((name for name in _PACKAGES if f"/{name}/" in file), None)


def main() -> None:
    from weir.bffs.cli.main import main as weir  # noqa: PLC0415 - after the arguments are ours

    file = Path(sys.argv[1])
    sys.argv = ["weir", *sys.argv[2:]]
    Sampler(file).start()
    weir()


if __name__ == "__main__":
    main()
