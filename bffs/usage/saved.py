"""The uses of operations in the state directory, which survive a restart."""

import asyncio
from typing import Final

import msgspec

from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.config.stores.state_entry import StateEntry
from weir.bffs.usage.table import OperationUse, UsageTable

_ENTRY: Final = "usage"
_INTERVAL_S: Final = 10.0


class SavedUsage:
    """Writes the uses while the gateway runs, and reads them when it starts."""

    def __init__(self, state: StateDir, table: UsageTable) -> None:
        self._entry = StateEntry(state, _ENTRY)
        self._table = table

    async def restore(self) -> None:
        """Add the uses before the start to the table."""
        uses = await asyncio.to_thread(_read, self._entry)
        self._table.absorb(uses or ())

    async def run(self) -> None:
        """Write changes of the table, until it is cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_S)
            await self.save()

    async def save(self) -> None:
        """Write the uses, unless they are those of the last time."""
        # Copied here: the event loop goes on to change them.
        if uses := self._table.uses():
            await asyncio.to_thread(_write, self._entry, uses)


def saved_usage(state: StateDir) -> list[OperationUse] | None:
    """Return the uses that a gateway has saved; None if there are none to be read."""
    return _read(StateEntry(state, _ENTRY))


def _read(entry: StateEntry) -> list[OperationUse] | None:
    content = entry.read()
    if content is None:
        return None
    try:
        return msgspec.json.decode(content, type=list[OperationUse])
    except msgspec.MsgspecError:
        return None


def _write(entry: StateEntry, uses: list[OperationUse]) -> None:
    entry.write(msgspec.json.encode(uses))
