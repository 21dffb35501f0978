"""Build the scripts and styles of the pages from packages of npm.

`npm ci` installs the packages that `package-lock.json` pins, esbuild bundles them, and
each file is compared with its hash in `assets.sha256`, so that a build is the reviewed
one, whoever runs it. `--update` writes the hashes after a change of the bundle. With
`--built`, the files are those of a folder, as in the image, whose Node.js is elsewhere.

    python scripts/page_assets.py [--update | --built FOLDER]
"""

import shutil
import subprocess
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "bffs" / "facades" / "pages"
BUNDLE = PAGES / "bundle"
SUMS = PAGES / "assets.sha256"
ASSETS = PAGES / "assets"
WORK = ROOT / "build" / "pages"
_INSTALL_S = 600
_BUNDLE_S = 300


def main(arguments: list[str]) -> int:
    """Build the files; return the exit code."""
    match arguments:
        case ["--built", folder]:
            return _include(Path(folder), update=False)
        case [] | ["--update"]:
            pass
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    if shutil.which("npm") is None:
        print(
            "make pages: npm was not found; install Node.js 20 or later",
            file=sys.stderr,
        )
        return 1
    _bundle(WORK / "assets")
    return _include(WORK / "assets", update=bool(arguments))


def _include(built: Path, *, update: bool) -> int:
    """Compress the files into the package if they have their hashes."""
    sums = "".join(
        f"{sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(built.iterdir())
    )
    if update:
        SUMS.write_text(sums, "utf-8")
    elif sums != SUMS.read_text("utf-8"):
        message = f"make pages: the files in {built} differ from {SUMS.name}"
        print(
            f"{message}; after a change, run {Path(__file__).name} --update",
            file=sys.stderr,
        )
        return 1
    size = _compress(built)
    print(f"{ASSETS.relative_to(ROOT)}: {size / 1e6:.2f} MB compressed")
    return 0


def _bundle(built: Path) -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(built, ignore_errors=True)
    for source in BUNDLE.iterdir():
        shutil.copy(source, WORK)
    # No script of a package runs here: none that we use needs one.
    install = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    subprocess.run(install, cwd=WORK, timeout=_INSTALL_S, check=True)  # noqa: S603
    bundle = ("node", "build.mjs", built)
    subprocess.run(bundle, cwd=WORK, timeout=_BUNDLE_S, check=True)  # noqa: S603


def _compress(built: Path) -> int:
    """Compress the files into the package; return their size."""
    compress = import_module("brotli").compress
    shutil.rmtree(ASSETS, ignore_errors=True)
    ASSETS.mkdir()
    size = 0
    for file in built.iterdir():
        compressed = compress(file.read_bytes(), quality=11)
        size += len(compressed)
        (ASSETS / f"{file.name}.br").write_bytes(compressed)
    return size


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
