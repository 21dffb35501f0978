"""API keys in a JSON file, which is read again when it changes."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from weir.gateway.bounded_file import UnreadableFile, read_file
from weir.gateway.file_replacement import FileChanged, replace_text
from weir.gateway.file_version import FileVersion, file_version
from weir.gateway.identity.api_keys.changes import ChangedKeys, Keys
from weir.gateway.identity.api_keys.store import ApiKey
from weir.gateway.identity.api_keys.uses import (
    minute_of,
    uses_file,
    write_uses,
)

_log: Final = logging.getLogger("weir.identity")
_POLL_S: Final = 1.0
_WRITE_S: Final = 60.0
"""The shortest time between two writes of last uses."""
_LAST_ATTEMPTS: Final = 20
_ATTEMPT_S: Final = 0.05
"""The processes of a gateway write their last uses when they end, at the same time."""
_MAX_BYTES: Final = 64 * 1024 * 1024


class KeyFileInvalid(ValueError):
    """A file that cannot be used; the message gives the reason."""


class KeyFile(BaseModel):
    """The content of a file of API keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[ApiKey, ...] = ()


def read_keys(file: Path) -> tuple[ApiKey, ...]:
    """Return the keys of a file; raise KeyFileInvalid."""
    try:
        content = read_file(file, _MAX_BYTES)
    except UnreadableFile as error:
        raise KeyFileInvalid(str(error)) from error
    try:
        keys = KeyFile.model_validate_json(content).keys
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        message = f"{file}: {place}: {first['msg']}" if place else f"{file}: not JSON"
        raise KeyFileInvalid(message) from None
    for name, values in (
        ("id", [key.id for key in keys]),
        ("sha256", [key.sha256 for key in keys]),
    ):
        if len(set(values)) < len(values):
            message = f"{file}: two keys have the same `{name}`"
            raise KeyFileInvalid(message)
    return keys


def change_keys(file: Path, change: Callable[[Keys], ChangedKeys]) -> ChangedKeys:
    """Change the keys of a file, which is made if it is missing.

    Raises KeyFileInvalid, FileChanged, OSError, and what `change` raises.
    """
    if not file.exists():
        # Readable by the owner alone; it has only hashes.
        file.touch(mode=0o600)
        file.write_text(KeyFile().model_dump_json(), encoding="utf-8")
    before = file.read_bytes()
    changed = change(read_keys(file))
    text = KeyFile(keys=changed.keys).model_dump_json(indent=2) + "\n"
    replace_text(file, text, lambda content: content == before)
    return changed


class FileKeyStore:
    """The keys of a file; a file that becomes invalid leaves the last keys in use.

    The file may have changed since `keys` were read, so that the first `refresh` reads
    it again in any case. The last uses of the keys are written once a minute at most.
    """

    def __init__(self, file: Path, keys: Iterable[ApiKey]) -> None:
        self.file = file
        self._keys = _by_digest(keys)
        self._seen: FileVersion | None = None
        self._unwritten: dict[str, int] = {}
        self._next_write_s = float("-inf")
        self._is_writable = True
        self._polling: asyncio.Task[None] | None = None
        self._users = 0

    def used(self, key: ApiKey, now_s: float) -> None:
        self._unwritten[key.id] = minute_of(now_s)

    def find(self, digest: bytes) -> ApiKey | None:
        return self._keys.get(digest)

    def share(self) -> None:
        """Take part in one more generation; the first one begins to watch the file."""
        self._users += 1
        if self._polling is None:
            self._polling = asyncio.create_task(self._poll())

    async def release(self) -> None:
        """Leave a generation; the last one to leave ends the watch."""
        self._users -= 1
        if self._users <= 0 and self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
            await self._write_last_uses()

    async def refresh(self) -> None:
        """Read the file again if it has changed."""
        version = await asyncio.to_thread(file_version, self.file)
        if version == self._seen:
            return
        self._seen = version
        try:
            keys = await asyncio.to_thread(read_keys, self.file)
        except KeyFileInvalid as error:
            _log.warning("the API keys are not read again: %s", error)
            return
        self._keys = _by_digest(keys)

    async def write_due_uses(self, now_s: float) -> None:
        """Write the uses at monotonic seconds, unless it was done in the minute before.

        Uses that cannot be written are written later.
        """
        if now_s >= self._next_write_s and await self._write_uses():
            self._next_write_s = now_s + _WRITE_S

    async def _write_uses(self) -> bool:
        """Return whether an attempt was made; uses of removed keys are dropped."""
        ids = {key.id for key in self._keys.values()}
        uses = {key: used for key, used in self._unwritten.items() if key in ids}
        self._unwritten = dict(uses)
        if not uses:
            return False
        try:
            await asyncio.to_thread(write_uses, uses_file(self.file), uses, ids)
        except FileChanged:
            return False  # another process writes
        except OSError as error:
            if self._is_writable:
                _log.warning("the last uses of API keys are not written: %s", error)
            self._is_writable = False
            return True
        self._is_writable = True
        # Keys may have been used again meanwhile.
        self._unwritten = dict(self._unwritten.items() - uses.items())
        return True

    async def _write_last_uses(self) -> None:
        for _ in range(_LAST_ATTEMPTS):
            if await self._write_uses() or not self._unwritten:
                return
            await asyncio.sleep(_ATTEMPT_S)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            await self.refresh()
            await self.write_due_uses(monotonic())


def _by_digest(keys: Iterable[ApiKey]) -> dict[bytes, ApiKey]:
    return {bytes.fromhex(key.sha256): key for key in keys}
