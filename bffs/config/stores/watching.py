"""Watching of the folder of a configuration, for `weir serve --watch`."""

import asyncio
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
_SUFFIXES: Final = frozenset(
    (".yaml", ".yml", ".json", ".graphql", ".graphqls", ".gql", ".pem", ".crt", ".key")
)
_NAMES: Final = frozenset((".env", "..data"))
"""Variables, and the link that Kubernetes replaces when a ConfigMap has changed."""
_PAUSE_S: Final = 1.0
"""A file that is written all the time must not use all the time of the gateway."""


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder with the files of a configuration, and a folder in it that is not."""

    folder: Path
    ignored: Path | None = None

    async def follow(self, reload: Reload) -> None:
        """Call `reload` after changes, once for those that come together."""
        try:
            async for _ in awatch(self.folder, watch_filter=ConfigFiles(self.ignored)):
                await reload()
                await asyncio.sleep(_PAUSE_S)
        except OSError as error:
            # Such as the limit of the system on watched files.
            _log.warning("%s is not watched any more: %s", self.folder, error)


class ConfigFiles(DefaultFilter):
    """Files of a configuration, without those in the state folder.

    Others, such as logs, are left out: a reload that writes to a log would otherwise
    be followed by the next one.
    """

    def __init__(self, ignored: Path | None) -> None:
        super().__init__()
        self._ignored = ignored and ignored.resolve()

    def __call__(self, change: Change, path: str) -> bool:
        file = Path(path)
        if self._ignored is not None and file.is_relative_to(self._ignored):
            return False
        is_known = file.suffix in _SUFFIXES or file.name in _NAMES
        return is_known and super().__call__(change, path)
