"""Packages from npm, pinned by a lock file beside the script that uses them."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

_LOCK = "package-lock.json"
_INSTALL_LIMIT_S = 600


def npm() -> str | None:
    """Where npm is, None where it or Node is not."""
    return shutil.which("npm") if shutil.which("node") else None


def install(npm_: str, sources: Path, script: str, folder: Path) -> tuple[str, ...]:
    """Install what `sources` pins into `folder`, once; returns the script's command."""
    installed = folder / "installed.json"
    lock = (sources / _LOCK).read_text("utf-8")
    for source in ("package.json", _LOCK, script):
        shutil.copy(sources / source, folder)
    if not installed.exists() or installed.read_text("utf-8") != lock:
        _run(npm_, folder)
        installed.write_text(lock, "utf-8")
    return ("node", str(folder / script))


def packed(npm_: str, package: str, sha256: str, folder: Path) -> Path:
    """Return the archive of one package, downloaded into `folder`, with this hash."""
    done = subprocess.run(
        [npm_, "pack", package, "--silent", "--pack-destination", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=_INSTALL_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    archive = folder / done.stdout.split()[-1]
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == sha256
    return archive


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
