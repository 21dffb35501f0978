"""Programs from Debian packages, unpacked instead of installed.

An installation would also start their servers.
"""

import shutil
import subprocess
from pathlib import Path

import pytest


def program(package: str, path: str, folder: Path) -> str:
    """Return where a program is; unpacks its package into `folder`, or else skips.

    `path` is that of the program in the package, such as "usr/sbin/nginx".
    """
    if (found := shutil.which(Path(path).name)) is not None:
        return found
    if shutil.which("apt-get") and shutil.which("dpkg"):
        _run("apt-get", "download", "-qq", package, folder=folder) or (
            _run("apt-get", "update", "-qq", folder=folder)
            and _run("apt-get", "download", "-qq", package, folder=folder)
        )
        for each in folder.glob("*.deb"):
            _run("dpkg", "-x", each.name, "unpacked", folder=folder)
    unpacked = folder / "unpacked" / path
    if not unpacked.exists():
        pytest.skip(f"needs the Debian package {package}")
    return str(unpacked)


def _run(*command: str, folder: Path) -> bool:
    outcome = subprocess.run(
        command, cwd=folder, capture_output=True, timeout=120, check=False
    )
    return outcome.returncode == 0
