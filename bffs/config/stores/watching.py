"""Watching of the folder of a configuration, for `weir serve --watch`."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchfiles import (
    Change,
    DefaultFilter,
    awatch,  # pyright: ignore[reportUnknownVariableType] - trio is not installed
)

from weir.bffs.config.stores.polling import Reload

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder with the files of a configuration, and a folder in it that is not."""

    folder: Path
    ignored: Path | None = None

    async def follow(self, reload: Reload) -> None:
        """Call `reload` after changes, once for those that come together."""
        try:
            async for _ in awatch(self.folder, watch_filter=_Filter(self.ignored)):
                await reload()
        except OSError as error:
            # Such as the limit of the system on watched files.
            _log.warning("%s is not watched any more: %s", self.folder, error)


class _Filter(DefaultFilter):
    """Leaves out the files of editors and of Python, and those of the state folder."""

    def __init__(self, ignored: Path | None) -> None:
        super().__init__()
        self._ignored = ignored and ignored.resolve()

    def __call__(self, change: Change, path: str) -> bool:
        if self._ignored is not None and Path(path).is_relative_to(self._ignored):
            return False
        return super().__call__(change, path)
