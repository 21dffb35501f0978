"""Apollo Gateway from npm, pinned, as one more gateway for the conformance kit."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.demo import ROOT

SOURCES = ROOT / "tests" / "verify" / "conformance" / "apollo"
_LOCK = "package-lock.json"
_INSTALL_LIMIT_S = 600


def npm() -> str | None:
    """Where npm is, None where it or Node is not."""
    return shutil.which("npm") if shutil.which("node") else None


def install(npm_: str, folder: Path) -> tuple[str, ...]:
    """Install what is pinned into `folder`, once; returns the gateway's command."""
    installed = folder / "installed.json"
    lock = (SOURCES / _LOCK).read_text("utf-8")
    for source in ("package.json", _LOCK, "gateway.mjs"):
        shutil.copy(SOURCES / source, folder)
    if not installed.exists() or installed.read_text("utf-8") != lock:
        _run(npm_, folder)
        installed.write_text(lock, "utf-8")
    script = str(folder / "gateway.mjs")
    return ("node", script, "{supergraph}", "{port}")


def _run(npm_: str, folder: Path) -> None:
    done = subprocess.run(
        # No script of a package runs here: none that we use needs one.
        [npm_, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        check=False,
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=_INSTALL_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
