"""The last SDL that each service returned, for the time in which it is down.

A copy is in memory, and in the state directory if there is one, so that neither a start
nor a change of other services has to wait for a service that is down. SDLs that do not
compose replace no copy.
"""

import asyncio
import logging
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
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
    """The last SDLs that composed, and those of the generation that is being built.

    `in_use` are the copies that replace the SDLs of services that are down. Exactly one
    generation is built at a time, and its end is a `commit` or a `discard`.
    """

    def __init__(
        self, state: StateDir | None = None, clock: Clock | None = None
    ) -> None:
        self.in_use: dict[SdlSource, SdlCopy] = {}
        self._copies: dict[SdlSource, SdlCopy] = {}
        self._offered: dict[SdlSource, str] = {}
        self._fetched: dict[SdlSource, SdlCopy] = {}
        self._fallen_back: dict[SdlSource, SdlCopy] = {}
        self._state = state
        self._clock = clock or SystemClock()
        self._is_writable = True

    @property
    def survive_restarts(self) -> bool:
        """Whether there is a state directory."""
        return self._state is not None

    def known(self, source: SdlSource) -> str | None:
        """Return the last SDL of a service that composed, or None."""
        copy = self._copies.get(source)
        return copy.sdl if copy else None

    def offer(self, sdls: Mapping[SdlSource, str]) -> None:
        """Let the next generation use SDLs that have been fetched for it."""
        self._offered = dict(sdls)

    def offered(self, source: SdlSource) -> str | None:
        """Return an offered SDL, once, or None."""
        return self._offered.pop(source, None)

    def fetched(self, source: SdlSource, sdl: str) -> None:
        """Remember the SDL that a service has returned, until it composes or not."""
        self._fetched[source] = SdlCopy(sdl, self._clock.epoch_s())

    async def fallback(self, source: SdlSource) -> SdlCopy | None:
        """Return the copy to use in place of a service that is down, or None."""
        copy = self._copies.get(source)
        if copy is None and self._state is not None:
            copy = await asyncio.to_thread(_read, self._state, source)
        if copy is not None:
            self._fallen_back[source] = copy
        return copy

    async def commit(self) -> None:
        """Store the SDLs of a generation that was built."""
        fetched, self._fetched = self._fetched, {}
        fallen_back, self._fallen_back = self._fallen_back, {}
        changed = {
            source: copy
            for source, copy in fetched.items()
            if copy.sdl != self.known(source)
        }
        self._copies |= fallen_back | fetched
        self.in_use |= fallen_back
        for source in fetched:
            self.in_use.pop(source, None)
        if self._state is not None and changed:
            await asyncio.to_thread(self._write_all, self._state, changed)

    def discard(self) -> None:
        """Forget the SDLs of a generation that was not built."""
        self._fetched.clear()
        self._fallen_back.clear()

    def confirm(self, source: SdlSource) -> None:
        """Note that a service has returned the SDL that is known of it."""
        self.in_use.pop(source, None)
        self._copies[source] = replace(
            self._copies[source], fetched_s=self._clock.epoch_s()
        )

    def retain(self, sources: Container[SdlSource]) -> None:
        """Stop counting copies of other sources as in use."""
        for source in [each for each in self.in_use if each not in sources]:
            del self.in_use[source]

    def age_s(self, copy: SdlCopy) -> float:
        """Return the age of a copy."""
        return max(0.0, self._clock.epoch_s() - copy.fetched_s)

    def _write_all(self, state: StateDir, copies: Mapping[SdlSource, SdlCopy]) -> None:
        for source, copy in copies.items():
            content = orjson.dumps(
                {"source": list(source), "sdl": copy.sdl, "fetched_s": copy.fetched_s}
            )
            try:
                state.write(_entry(source), content)
            except OSError as error:
                if self._is_writable:
                    _log.warning(
                        "%s cannot be written: %s", state.folder, error.strerror
                    )
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
