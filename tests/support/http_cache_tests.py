"""http-cache-tests from npm, pinned: what a cache has to do, case by case."""

import asyncio
import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from tests.support.demo import ROOT

VERSION: Final = "http-cache-tests@0.4.5"
_SHA512: Final = (
    "DjuwN9nUZXLTW+wav1LRESCZNVxl8SshwOy4z1pxuWbWt5/"
    "ay6sM9QQ1lebBaDO6P1IMBoK6mdf+PuVP/QNL8A=="
)
_SCRIPT: Final = ROOT / "tests" / "verify" / "cache" / "run_cases.mjs"
_INSTALL_LIMIT_S: Final = 120


class Verdict(Enum):
    """What a case told, as the package itself reads it."""

    PASSED = "passed"
    FAILED = "failed"
    OPTIONAL = "optional, failed"
    SETUP = "set-up failed"
    """What the case builds upon did not come about."""

    DEPENDS = "says nothing"
    """A case that it depends on failed."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case; `kind` is required, optimal or check (a question)."""

    id: str
    name: str
    suite: str
    kind: str
    needs: tuple[str, ...]
    passed: bool
    why: str


def verdicts(results: Iterable[CaseResult]) -> dict[str, Verdict]:
    """Return what each case told, by its id."""
    cases = {case.id: case for case in results}

    def verdict(case: CaseResult) -> Verdict:
        if any(verdict(cases[each]) not in _GOOD for each in case.needs):
            return Verdict.DEPENDS
        if case.passed:
            return Verdict.YES if case.kind == "check" else Verdict.PASSED
        if case.why.startswith("Setup"):
            return Verdict.SETUP
        return _WHEN_FAILED[case.kind]

    return {name: verdict(case) for name, case in cases.items()}


_GOOD: Final = (Verdict.PASSED, Verdict.YES)
_WHEN_FAILED: Final = {
    "required": Verdict.FAILED,
    "optimal": Verdict.OPTIONAL,
    "check": Verdict.NO,
}


def install(npm: str, folder: Path) -> Path:
    """Unpack the package below `folder`, once; returns where it is.

    The package's own dependencies are those of its command line, which is not used.
    """
    package = folder / VERSION
    if not package.exists():
        tarball = _download(npm, folder)
        unpacked = folder / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        with tarfile.open(tarball) as archive:
            archive.extractall(unpacked, filter="data")
        (unpacked / "package").rename(package)
    return package


def _download(npm: str, folder: Path) -> Path:
    done = subprocess.run(
        [npm, "pack", VERSION, "--silent"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_INSTALL_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    tarball = folder / done.stdout.strip().splitlines()[-1]
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    assert base64.b64encode(digest).decode() == _SHA512
    return tarball


class CaseRun:
    """The package's origin, and its cases once there is a cache in front of it."""

    def __init__(self, process: asyncio.subprocess.Process, results: Path) -> None:
        self._process = process
        self._results = results
        self.origin = ""

    async def started(self) -> None:
        assert self._process.stdout is not None
        port = int(await self._process.stdout.readline())
        self.origin = f"http://127.0.0.1:{port}"

    async def results(self, cache_url: str) -> tuple[CaseResult, ...]:
        """Run all cases against the cache at `cache_url`."""
        printed, _ = await self._process.communicate(f"{cache_url}\n".encode())
        assert self._process.returncode == 0, printed.decode()
        cases = json.loads(self._results.read_text("utf-8"))
        return tuple(CaseResult(**case) for case in cases)


@asynccontextmanager
async def case_run(
    package: Path, results: Path, only: str = ""
) -> AsyncIterator[CaseRun]:
    process = await asyncio.create_subprocess_exec(
        *("node", str(_SCRIPT), str(package), str(results), *filter(None, [only])),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    run = CaseRun(process, results)
    try:
        await run.started()
        yield run
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
