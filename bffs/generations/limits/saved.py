"""The states of limits with long times, which a restart does not reset.

They are an entry of the state directory. Times are those of the wall clock there, as
the monotonic clock begins anew with the machine.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.config.stores.state_entry import StateEntry
from weir.gateway.clock import Clock
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.limiter import LimitBuckets
from weir.gateway.limits.policy import RateLimit, Unit

_ENTRY: Final = "limits"
_LONG_S: Final = 3600.0
"""A limit with a shorter time is soon full again."""
_INTERVAL_S: Final = 5.0


class _Limit(msgspec.Struct, frozen=True):
    """The states of one limit: when the bucket of each key is full, by its digest."""

    scope: str
    name: str
    count: int
    window_s: float
    burst: int
    key: tuple[str, ...]
    unit: Unit
    full_at_s: dict[str, float]

    @property
    def identity(self) -> tuple[object, ...]:
        return (
            *(self.scope, self.name, self.count, self.window_s, self.burst),
            *(self.key, self.unit),
        )


class SavedLimits:
    """Writes the states while the gateway runs, and reads them when it starts."""

    def __init__(self, state: StateDir, clock: Clock) -> None:
        self._entry = StateEntry(state, _ENTRY)
        self._clock = clock

    async def restore(self, buckets: LimitBuckets) -> None:
        """Fill the buckets of limits that have not changed; ignore a damaged entry."""
        content = await asyncio.to_thread(self._entry.read)
        if content is None:
            return
        try:
            entries = msgspec.json.decode(content, type=list[_Limit])
        except msgspec.MsgspecError:
            return
        known = {each.limit.identity: each for each in _saved(buckets)}
        ahead_s = self._ahead_s()
        for entry in entries:
            found = known.get(entry.identity)
            if found is not None:
                found.restore(
                    {
                        bytes.fromhex(digest): at_s - ahead_s
                        for digest, at_s in entry.full_at_s.items()
                    },
                    self._clock.monotonic_s(),
                )

    async def run(self, current: Callable[[], LimitBuckets]) -> None:
        """Write changes of the current buckets, until it is cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_S)
            await self.save(current())

    async def save(self, buckets: LimitBuckets) -> None:
        """Write the states, unless they are those of the last time."""
        now_s, ahead_s = self._clock.monotonic_s(), self._ahead_s()
        # Copied here: the event loop goes on to change them.
        states = [(each, each.states(now_s)) for each in _saved(buckets)]
        if not states:
            return
        await asyncio.to_thread(self._write, states, ahead_s)

    def _write(
        self, states: list[tuple[Buckets, dict[bytes, float]]], ahead_s: float
    ) -> None:
        content = msgspec.json.encode(
            [_entry(each.limit, full_at_s, ahead_s) for each, full_at_s in states]
        )
        self._entry.write(content)

    def _ahead_s(self) -> float:
        return self._clock.epoch_s() - self._clock.monotonic_s()


def _saved(buckets: LimitBuckets) -> list[Buckets]:
    """Return the long limits that no other process knows."""
    return [
        each
        for limit, each in buckets.items()
        if limit.window_s >= _LONG_S and isinstance(each, Buckets)
    ]


def _entry(limit: RateLimit, full_at_s: dict[bytes, float], ahead_s: float) -> _Limit:
    return _Limit(
        limit.scope,
        limit.name,
        limit.count,
        limit.window_s,
        limit.burst,
        limit.key.parts,
        limit.unit,
        # Milliseconds are enough, and do not change with each reading of the clocks.
        {key.hex(): round(at_s + ahead_s, 3) for key, at_s in full_at_s.items()},
    )
