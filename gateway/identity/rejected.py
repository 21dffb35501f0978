"""A short and bounded memory of credentials that were wrong."""

from collections import OrderedDict
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.identity.errors import InvalidCredential

_MAX_ENTRIES: Final = 4096
_TTL_S: Final = 10.0


class RejectedCredentials:
    """The errors of wrong credentials, by digest, for ten seconds."""

    __slots__ = ("_clock", "_entries")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[bytes, tuple[InvalidCredential, float]] = (
            OrderedDict()
        )

    def get(self, digest: bytes) -> InvalidCredential | None:
        """Return a new error like the one that was stored."""
        entry = self._entries.get(digest)
        if entry is None or entry[1] <= self._clock.monotonic_s():
            return None
        error = entry[0]
        # An exception collects tracebacks, so that each request gets its own.
        return type(error)(error.detail)

    def add(self, digest: bytes, error: InvalidCredential) -> None:
        """Store the error of a credential, if the credential will remain wrong."""
        if error.lasting:
            stored = type(error)(error.detail)
            until_s = self._clock.monotonic_s() + _TTL_S
            self._entries[digest] = stored, until_s
            self._entries.move_to_end(digest)
            if len(self._entries) > _MAX_ENTRIES:
                self._entries.popitem(last=False)
