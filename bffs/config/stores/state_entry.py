"""An entry of the state directory that is written again whenever it changes."""

import logging

from weir.bffs.config.stores.state_dir import StateDir

_log = logging.getLogger(__name__)


class StateEntry:
    """The entry `name`. Its methods block. A read-only folder is logged once."""

    def __init__(self, state: StateDir, name: str) -> None:
        self._state = state
        self._name = name
        self._written = b""
        self._is_writable = True

    def read(self) -> bytes | None:
        """Return the content; None if it is missing or damaged."""
        return self._state.read(self._name)

    def write(self, content: bytes) -> None:
        """Replace the content, unless it is that of the last time."""
        if content == self._written:
            return
        try:
            self._state.write(self._name, content)
        except OSError as error:
            if self._is_writable:
                folder = self._state.folder
                _log.warning("%s cannot be written: %s", folder, error.strerror)
            self._is_writable = False
        else:
            self._written = content
            self._is_writable = True
