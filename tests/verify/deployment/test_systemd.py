"""The units of systemd, checked by systemd-analyze, without a running systemd."""

import shutil
import subprocess

import pytest

from tests.support.demo import ROOT

UNITS = ROOT / "deploy" / "systemd"


@pytest.fixture(scope="module")
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("needs systemd-analyze, of the Debian package systemd")
    return found


def test_the_units_have_no_errors(
    analyze: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("units")
    for unit in UNITS.iterdir():
        # The program must exist for the check.
        text = unit.read_text().replace("/opt/weir/bin/weir", "/bin/true")
        (folder / unit.name).write_text(text)

    for unit in folder.iterdir():
        done = subprocess.run(
            [analyze, "verify", str(unit)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_service_has_few_rights(analyze: str) -> None:
    unit = str(UNITS / "weir.service")
    command = [analyze, "security", "--offline=true", "--threshold=40", unit]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
