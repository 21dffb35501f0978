"""The released descriptions of a REST API: a folder with a file for each day.

2026-11-29.json        of an API without versions
v1/2026-11-29.json     of its version v1
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.bffs.facades.openapi.serialization import as_json
from weir.gateway.json_types import JSONObject, is_object


@dataclass(frozen=True, slots=True)
class Release:
    """The description of an API that was released on a day."""

    day: date
    document: JSONObject


def read_releases(folder: Path, version: str) -> tuple[Release, ...]:
    """Return the releases of a version, the first one first; raises ConfigError.

    `version` is "" for an API without versions. A missing folder has no releases.
    """
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
    try:
        document = orjson.loads(read_text(file))
    except UnreadableFile as error:
        message = f"cannot be read: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except orjson.JSONDecodeError as error:
        message = f"is not JSON: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    if is_object(document) and is_object(document.get("paths")):
        return document
    message = "is not an OpenAPI document: it has no `paths`"
    raise ConfigError(Problem(file=str(file), message=message))


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
