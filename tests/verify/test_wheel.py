"""A wheel of Weir, beside a package and files with the names of its folders."""

import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from tests.support.demo import ROOT
from weir.bffs.facades.pages.assets import assets


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "-q", "wheel", "--no-deps", "-w", folder)
    run(*pip, str(ROOT), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_a_wheel_has_one_import_name_and_real_folders(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [each for each in archive.namelist() if ".dist-info" not in each]

    assert {name.split("/")[0] for name in names} == {"weir"}
    folders = {name.split("/")[1] for name in names if name.count("/") > 1}
    assert folders == {"bffs", "gateway", "resolvers", "schema"}
    assert "weir/py.typed" in names


def test_a_wheel_has_the_scripts_of_the_pages(wheel: Path) -> None:
    if not assets().are_complete:
        pytest.skip("needs the scripts of the pages: make pages")
    folder = "weir/bffs/facades/pages"
    with zipfile.ZipFile(wheel) as archive:
        sums = archive.read(f"{folder}/assets.sha256").decode().splitlines()
        for digest, name in map(str.split, sums):
            content = brotli.decompress(archive.read(f"{folder}/assets/{name}.br"))
            assert sha256(content).hexdigest() == digest, name
        names = archive.namelist()

    assert not [each for each in names if "bundle" in each or "node_modules" in each]
    assert f"{folder}/templates/graphiql.html" in names
    assert f"{folder}/static/sign_in.js" in names
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")
    assert wheel.stat().st_size < 6e6


def test_other_packages_and_files_of_these_names_change_nothing(
    wheel: Path, tmp_path: Path
) -> None:
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ("-c", str(ROOT / "constraints.txt"))
    run(python, "-m", "pip", "-q", "install", *constraints, wheel, cwd=tmp_path)
    run(python, "-m", "pip", "-q", "install", "schema", cwd=tmp_path)
    (tmp_path / "schema.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "gateway").mkdir()
    (tmp_path / "a.graphql").write_text("type Query { a: Int }")

    weir = tmp_path / "venv" / "bin" / "weir"
    version = run(weir, "--version", cwd=tmp_path)
    supergraph = run(weir, "compose", "a=a.graphql", cwd=tmp_path)

    assert version.startswith("weir ")
    assert "join__Graph" in supergraph
