"""The folder of capsules, with the last ones."""

from pathlib import Path
from typing import Final

import msgspec

from weir.bffs.capsules.capsule import Capsule
from weir.bffs.config.decode import LoadedConfig

_MOST: Final = 20
_PREFIX: Final = "weir-capsule-"


class CapsuleFolder:
    """A folder that has the last 20 capsules. Its methods block, and raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, capsule: Capsule) -> Path:
        """Write a capsule, and remove the oldest ones; return its file."""
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / f"{_PREFIX}{capsule.at:%Y%m%dT%H%M%SZ}.json"
        # A reader never finds a part of a capsule.
        temporary = file.with_suffix(".part")
        temporary.touch(mode=0o600)
        temporary.write_bytes(msgspec.json.encode(capsule))
        temporary.replace(file)
        for old in sorted(self.path.glob(f"{_PREFIX}*.json"))[:-_MOST]:
            old.unlink(missing_ok=True)
        return file


def capsule_folder(loaded: LoadedConfig) -> CapsuleFolder | None:
    """Return the folder of a configuration, or None; raise ConfigError if unusable."""
    section = loaded.config.telemetry.capsules
    if section is None:
        return None
    path = loaded.folder / section.folder
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"telemetry.capsules.folder: {path}: {error.strerror}"
        place = ("telemetry", "capsules", "folder")
        raise loaded.error(place, message) from error
    return CapsuleFolder(path)
