"""Run the steps of the Dockerfile in a clean folder, without a container engine.

Each stage is a folder that stands for `/`. Absolute paths in its commands are paths in
that folder. The base image (this Python is used), `useradd` and `USER` are left out,
and printed, as they need an engine or the rights of root.

    python scripts/image_steps.py FOLDER
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_ABSOLUTE = re.compile(r"(?<![^\s=:])/(?!dev/|bin/|usr/)(?=\w)")
_IGNORED = shutil.ignore_patterns("__pycache__", ".*_cache")


@dataclass
class Stage:
    """A stage: the folder that stands for `/`, and its settings so far."""

    root: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict[str, str])
    health: list[str] = field(default_factory=list[str])
    entrypoint: list[str] = field(default_factory=list[str])
    command: list[str] = field(default_factory=list[str])

    def path(self, path: str) -> Path:
        """Return the place of a path of the image."""
        return self.root / str(Path(self.workdir) / path).lstrip("/")

    def placed(self, text: str) -> str:
        """Return a text with its absolute paths below the folder."""
        return _ABSOLUTE.sub(f"{self.root}/", text)

    def variables(self) -> dict[str, str]:
        """Return the environment of a command: only what the image sets."""
        python = str(Path(sys.executable).parent)
        path = self.placed(self.environment.get("PATH", "$PATH"))
        path = path.replace("$PATH", f"{python}:{os.environ['PATH']}")
        return {"HOME": str(self.root), **self.environment, "PATH": path}

    def start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """Start a process as the image does."""
        variables = self.variables()
        return subprocess.Popen(  # noqa: S603 - the commands of our Dockerfile
            [self.placed(word) for word in command],
            executable=shutil.which(command[0], path=variables["PATH"]),
            cwd=self.path("."),
            env=variables,
        )


class Build:
    """The stages of a Dockerfile below one folder, built instruction by instruction."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stages: dict[str, Stage] = {}
        self.stage = Stage(folder)
        self._instructions: dict[str, Callable[[str], None]] = {
            "FROM": self._from,
            "WORKDIR": self._workdir,
            "COPY": self._copy,
            "RUN": self._run,
            "ENV": self._env,
            "HEALTHCHECK": self._health,
            "ENTRYPOINT": self._entrypoint,
            "CMD": self._command,
            "USER": self._left_out,
            "EXPOSE": self._left_out,
        }

    def run(self, text: str) -> Stage:
        """Run all instructions; return the last stage. Raise KeyError for others."""
        for name, rest in instructions(text):
            print(f"{name} {rest}", flush=True)
            self._instructions[name](rest)
        return self.stage

    def _left_out(self, what: str) -> None:
        print(f"  left out: {what}")

    def _from(self, rest: str) -> None:
        image, _, alias = rest.partition(" AS ")
        self.stage = self._stages[alias] = Stage(self._folder / (alias or "final"))
        self.stage.root.mkdir(parents=True)
        self._left_out(f"{image}, as Python is {sys.version.split()[0]}")

    def _workdir(self, rest: str) -> None:
        self.stage.workdir = rest
        self.stage.path(".").mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        *names, target = rest.split()
        into, source = self.stage.path(target), None
        if names[0].startswith("--from="):
            source = self._stages[names.pop(0).removeprefix("--from=")]
        for name in names:
            found = source.path(name) if source else ROOT / name
            if found.is_dir():
                shutil.copytree(
                    found, into, symlinks=True, dirs_exist_ok=True, ignore=_IGNORED
                )
            else:
                into.mkdir(parents=True, exist_ok=True)
                shutil.copy(found, into)
        if source is not None:
            _move_scripts(into, source.root, self.stage.root)

    def _run(self, rest: str) -> None:
        if rest.startswith("useradd"):
            self._left_out(rest)
            return
        subprocess.run(  # noqa: S603 - the commands of our Dockerfile
            ["/bin/sh", "-ec", self.stage.placed(rest)],
            cwd=self.stage.path("."),
            env=self.stage.variables(),
            check=True,
        )

    def _env(self, rest: str) -> None:
        pairs = (each.partition("=") for each in shlex.split(rest))
        self.stage.environment |= {name: value for name, _, value in pairs}

    def _health(self, rest: str) -> None:
        self.stage.health = json.loads(rest.partition(" CMD ")[2])

    def _entrypoint(self, rest: str) -> None:
        self.stage.entrypoint = json.loads(rest)

    def _command(self, rest: str) -> None:
        self.stage.command = json.loads(rest)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction with its arguments, on one line."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, " ".join(rest.split())


def _move_scripts(folder: Path, before: Path, after: Path) -> None:
    """Replace the folder of a stage in scripts, as that of each image is `/`."""
    for file in folder.glob("bin/*"):
        if file.is_file() and not file.is_symlink():
            content = file.read_bytes()
            moved = content.replace(str(before).encode(), str(after).encode())
            file.write_bytes(moved)


def main() -> None:
    stage = Build(Path(sys.argv[1]).resolve()).run((ROOT / "Dockerfile").read_text())
    print("start it by:", shlex.join([*stage.entrypoint, *stage.command]))


if __name__ == "__main__":
    main()
