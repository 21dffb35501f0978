"""The released descriptions of a REST API: a folder with a file for each day.

2026-11-29.json        of an API without versions
v1/2026-11-29.json     of its version v1
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.json_file import read_json
from weir.bffs.facades.openapi.serialization import as_json
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object

_MOST_LEVELS: Final = 256
"""The comparison of documents is recursive; ours have far less."""


@dataclass(frozen=True, slots=True)
class Release:
    """The description of an API that was released on a day."""

    day: date
    document: JSONObject


def read_releases(folder: Path, version: str) -> tuple[Release, ...]:
    """Return the releases of a version, the first one first; raises ConfigError.

    `version` is "" for an API without versions. A missing folder has no releases.
    """
    if folder.is_file():
        raise ConfigError(Problem(file=str(folder), message="is not a folder"))
    files = sorted((folder / version).glob("*.json"))
    return tuple(Release(_day(each), read_document(each)) for each in files)


def write_release(folder: Path, version: str, release: Release) -> Path:
    """Write a release, in place of one of the same day; raises OSError."""
    file = folder / version / f"{release.day.isoformat()}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(as_json(release.document))
    return file


def read_document(file: Path) -> JSONObject:
    """Read a document of `weir openapi`; raises ConfigError."""
    document = read_json(file)
    if not is_object(document) or not is_object(document.get("paths")):
        message = "is not an OpenAPI document: it has no `paths`"
        raise ConfigError(Problem(file=str(file), message=message))
    if _levels(document) > _MOST_LEVELS:
        message = f"has more than {_MOST_LEVELS} levels of lists and objects"
        raise ConfigError(Problem(file=str(file), message=message))
    return document


def _levels(value: JSONValue) -> int:
    """Return the number of levels of lists and objects within each other."""
    levels, here = -1, [value]
    while here:
        levels += 1
        here = [below for each in here for below in _below(each)]
    return levels


def _below(value: JSONValue) -> Iterable[JSONValue]:
    if is_object(value):
        return value.values()
    return value if is_list(value) else ()


def _day(file: Path) -> date:
    """Return the day that names a file; raises ConfigError."""
    try:
        day = date.fromisoformat(file.stem)
    except ValueError:
        day = None
    if day is None or day.isoformat() != file.stem:
        message = "expected the day of a release as its name, such as 2026-11-29.json"
        raise ConfigError(Problem(file=str(file), message=message))
    return day
