"""Prometheus' tool for rules, of the Debian package `prometheus`."""

import shutil
import subprocess
from pathlib import Path

import pytest

_PACKAGE = "prometheus"


def promtool(folder: Path) -> str:
    """Return the path of promtool; unpacks the package into `folder`, or else skips.

    It is not installed, as this would also start a server.
    """
    if (found := shutil.which("promtool")) is not None:
        return found
    if shutil.which("apt-get") and shutil.which("dpkg"):
        _run("apt-get", "download", "-qq", _PACKAGE, folder=folder) or (
            _run("apt-get", "update", "-qq", folder=folder)
            and _run("apt-get", "download", "-qq", _PACKAGE, folder=folder)
        )
        for package in folder.glob("*.deb"):
            _run("dpkg", "-x", package.name, "unpacked", folder=folder)
    unpacked = folder / "unpacked" / "usr" / "bin" / "promtool"
    if not unpacked.exists():
        pytest.skip(f"needs the Debian package {_PACKAGE}")
    return str(unpacked)


def _run(*command: str, folder: Path) -> bool:
    outcome = subprocess.run(
        command, cwd=folder, capture_output=True, timeout=120, check=False
    )
    return outcome.returncode == 0
