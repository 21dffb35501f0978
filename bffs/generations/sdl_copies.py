"""The last SDL that each service returned, for the time in which it is down.

A copy is in memory, and in the state directory if there is one, so that neither a start
nor a change of other services has to wait for a service that is down.
"""

import asyncio
import logging
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import NamedTuple

import orjson

from weir.bffs.config.stores.state_dir import StateDir
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.json_types import JSONValue, is_object

_log = logging.getLogger(__name__)


class SdlSource(NamedTuple):
    """The upstream and the path that an SDL is fetched from."""

    upstream: str
    path: str


@dataclass(frozen=True, slots=True)
class SdlCopy:
    """An SDL and the time at which it was fetched, in seconds since the epoch."""

    sdl: str
    fetched_s: float

    @property
    def sha256(self) -> str:
        """The hash of the SDL, in hexadecimal digits."""
        return sha256(self.sdl.encode()).hexdigest()


class SdlCopies:
    """The copies of one process; `in_use` are those that replace a service's own."""

    def __init__(
        self, state: StateDir | None = None, clock: Clock | None = None
    ) -> None:
        self.in_use: dict[SdlSource, SdlCopy] = {}
        self._copies: dict[SdlSource, SdlCopy] = {}
        self._state = state
        self._clock = clock or SystemClock()
        self._is_writable = True

    async def fetched(self, source: SdlSource, sdl: str) -> None:
        """Store the SDL that a service has returned."""
        self.in_use.pop(source, None)
        copy = self._copies[source] = SdlCopy(sdl, self._clock.epoch_s())
        if self._state is not None:
            await asyncio.to_thread(self._write, self._state, source, copy)

    async def fallback(self, source: SdlSource) -> SdlCopy | None:
        """Return the copy to use in place of a service that is down, or None."""
        copy = self._copies.get(source)
        if copy is None and self._state is not None:
            copy = await asyncio.to_thread(_read, self._state, source)
        if copy is not None:
            self._copies[source] = self.in_use[source] = copy
        return copy

    def age_s(self, copy: SdlCopy) -> float:
        """Return the age of a copy."""
        return max(0.0, self._clock.epoch_s() - copy.fetched_s)

    def _write(self, state: StateDir, source: SdlSource, copy: SdlCopy) -> None:
        content = orjson.dumps(
            {"source": list(source), "sdl": copy.sdl, "fetched_s": copy.fetched_s}
        )
        try:
            state.write(_entry(source), content)
        except OSError as error:
            if self._is_writable:
                _log.warning("%s cannot be written: %s", state.folder, error.strerror)
            self._is_writable = False


def _read(state: StateDir, source: SdlSource) -> SdlCopy | None:
    content = state.read(_entry(source))
    if content is None:
        return None
    # The checksum shows that this was written by `_write`.
    entry: JSONValue = orjson.loads(content)
    if not is_object(entry) or entry.get("source") != list(source):
        return None
    return SdlCopy(entry["sdl"], entry["fetched_s"])


def _entry(source: SdlSource) -> str:
    digest = blake2b("\0".join(source).encode(), digest_size=16).hexdigest()
    return f"sdl-{digest}"
