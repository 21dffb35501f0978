"""The current keys of an issuer, loaded away from requests.

A timer loads the keys. A token that names an unknown key causes one load for all
requests that wait for it, at a limited rate. The old keys remain in use while the
issuer does not respond with keys that can be used.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.concurrency.single_flight import (
    SharedCallCancelled,
    SingleFlight,
    WaitExpired,
)
from weir.gateway.identity.errors import IssuerUnavailable
from weir.gateway.identity.jwt.keys import KeySet
from weir.gateway.identity.jwt.load_keys import KeysNotLoaded, LoadKeys

_log: Final = logging.getLogger("weir.identity")
_RETRY_S: Final = 5.0
_LOADS: Final = 5.0
_LOAD_EVERY_S: Final = 5.0
"""Loads for unknown keys: five at once, and one more every five seconds."""


class KeySource:
    """The keys of one issuer, which are up to date between `start` and `close`.

    `error` is that of requests which need keys while there are none.
    """

    def __init__(
        self,
        name: str,
        load: LoadKeys | None,
        clock: Clock,
        *,
        keys: KeySet | None = None,
        refresh_s: float = 300.0,
    ) -> None:
        self.keys = keys or KeySet()
        self.error: type[IssuerUnavailable] = IssuerUnavailable
        self._name = name
        self._load = load
        self._clock = clock
        self._refresh_s = refresh_s
        self._flight: SingleFlight[str, bool] = SingleFlight(max_unwaited=1)
        self._timer: asyncio.Task[None] | None = None
        self._loaded_s: float | None = None
        self._loads_left = _LOADS
        self._begun_s = self._counted_s = clock.monotonic_s()
        self._failure = ""
        self.on_change: Callable[[KeySet], None] = lambda _: None

    @property
    def age_s(self) -> float:
        """Seconds since the keys were loaded, or since the first attempt."""
        since_s = self._begun_s if self._loaded_s is None else self._loaded_s
        return self._clock.monotonic_s() - since_s

    async def start(self) -> None:
        """Load the keys once and begin the timer; a failure is logged."""
        if self._load is not None and self._timer is None:
            await self._shared_load()
            self._timer = asyncio.create_task(self._keep_fresh())

    async def close(self) -> None:
        """End the timer and a running load."""
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)
        await self._flight.close()

    def may_load(self) -> bool:
        """Return whether a load for an unknown key is allowed now, and count it."""
        if self._load is None:
            return False
        if len(self._flight):
            return True
        now_s = self._clock.monotonic_s()
        earned = (now_s - self._counted_s) / _LOAD_EVERY_S
        self._loads_left = min(_LOADS, self._loads_left + earned)
        self._counted_s = now_s
        if self._loads_left < 1:
            return False
        self._loads_left -= 1
        return True

    async def reload(self) -> bool:
        """Load the keys, together with all others that wait for it.

        Return whether the load was running already. It may then have begun before the
        issuer published its latest key.
        """
        joined = len(self._flight) > 0
        with suppress(WaitExpired, SharedCallCancelled):
            await self._shared_load()
        return joined

    async def _shared_load(self) -> None:
        await self._flight.run("", self._load_once)

    async def _load_once(self) -> bool:
        assert self._load is not None, "a secret is never loaded"
        try:
            keys = await self._load()
        except KeysNotLoaded as error:
            return self._failed(error.error, str(error))
        except Exception as error:  # noqa: BLE001 - the next load may succeed
            return self._failed(IssuerUnavailable, f"{type(error).__name__}: {error}")
        self._report("; ".join(dict.fromkeys(keys.problems)), loaded=True)
        self._loaded_s = self._clock.monotonic_s()
        changed = keys.fingerprints != self.keys.fingerprints
        self.keys = keys
        if changed:
            self.on_change(keys)
        return True

    def _failed(self, error: type[IssuerUnavailable], reason: str) -> bool:
        self.error = error
        self._report(f"{error.row.code}: {reason}")
        return False

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_s if self._loaded_s else _RETRY_S)
            with suppress(WaitExpired, SharedCallCancelled):
                await self._shared_load()

    def _report(self, problem: str, *, loaded: bool = False) -> None:
        """Log a problem when it begins, and its end."""
        if problem == self._failure:
            return
        if problem and loaded:
            _log.warning("issuer %s: some keys are not used: %s", self._name, problem)
        elif problem:
            _log.warning("issuer %s: the keys are not loaded: %s", self._name, problem)
        else:
            _log.warning("issuer %s: the keys are loaded again", self._name)
        self._failure = problem
