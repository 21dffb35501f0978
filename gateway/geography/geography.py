"""The places of clients, from files that are read again when they change."""

import logging
from functools import lru_cache
from pathlib import Path
from threading import Thread
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.edge.context.client_address import TrustedProxies
from weir.gateway.edge.request import RequestHead
from weir.gateway.file_version import FileVersion, file_version
from weir.gateway.geography.databases import Databases, UnusableDatabase
from weir.gateway.geography.place import Place, PlaceField

_log: Final = logging.getLogger("weir.geography")
_CHECK_S: Final = 60.0
_REMEMBERED_ADDRESSES: Final = 16_384


class Geography:
    """The places of clients by the `files`; services get the parts in `sent`.

    The files are checked once a minute, while there are requests. Changed ones are read
    in a thread. If they cannot be used, the old ones remain in use.
    """

    def __init__(
        self,
        files: tuple[str, ...],
        sent: tuple[PlaceField, ...],
        proxies: TrustedProxies,
        clock: Clock,
    ) -> None:
        """Read the files; raise UnusableDatabase."""
        self.files = files
        self.sent = sent
        self._proxies = proxies
        self._clock = clock
        self._versions = _versions(files)
        self._check_s = clock.monotonic_s() + _CHECK_S
        self._use(Databases(files))

    def place_of(self, head: RequestHead) -> Place:
        """Return the place of the client of a request."""
        origin = self._proxies.origin(head.peer, head.scheme, head.headers)
        return self.place(origin.address)

    def located(self, context: RequestContext) -> RequestContext:
        """Return the context with the fields for services."""
        fields = self.place(context.client_address).header_fields(self.sent)
        return context.forwarding(context.forwarded + fields) if fields else context

    def place(self, address: str) -> Place:
        now_s = self._clock.monotonic_s()
        if now_s >= self._check_s:
            self._check_s = now_s + _CHECK_S
            self._check()
        return self._place(address)

    def _check(self) -> None:
        versions = _versions(self.files)
        if versions != self._versions:
            self._versions = versions
            Thread(target=self._read, name="geography", daemon=True).start()

    def _read(self) -> None:
        try:
            self._use(Databases(self.files))
        except UnusableDatabase as error:
            _log.warning("the places of clients are not updated: %s", error)
        else:
            _log.warning("the places of clients are updated")

    def _use(self, databases: Databases) -> None:
        self._place = lru_cache(_REMEMBERED_ADDRESSES)(databases.place)


def _versions(files: tuple[str, ...]) -> tuple[FileVersion, ...]:
    return tuple(file_version(Path(file)) for file in files)
