"""Packages from PyPI in an environment of their own, pinned by a file.

They are tools whose dependencies differ from those of the project.
"""

import subprocess
import sys
from pathlib import Path

_INSTALL_LIMIT_S = 900


def installed(requirements: Path, folder: Path) -> Path:
    """Install what `requirements` pins into `folder`, once; returns its programs."""
    programs, done = folder / "bin", folder / "installed.txt"
    pinned = requirements.read_text("utf-8")
    if not done.exists() or done.read_text("utf-8") != pinned:
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        python = str(programs / "python")
        _run(python, "-m", "pip", "install", "--quiet", "-r", str(requirements))
        done.write_text(pinned, "utf-8")
    return programs


def _run(*command: str) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=_INSTALL_LIMIT_S
    )
    assert done.returncode == 0, done.stderr
