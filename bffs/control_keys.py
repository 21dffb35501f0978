"""The API keys of the configuration that serves, as the control port shows them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.stores.api_keys import change_configured_keys, key_file
from weir.gateway.clock import Clock
from weir.gateway.control.errors import (
    ConfigConflicts,
    KeyNotChanged,
    KeyNotFound,
    KeysNotConfigured,
)
from weir.gateway.control.keys import KeySnapshot, NewKeySnapshot
from weir.gateway.file_replacement import FileChanged
from weir.gateway.identity.api_keys.changes import (
    ChangedKeys,
    KeyRejected,
    Keys,
    UnknownKey,
)
from weir.gateway.identity.api_keys.file_store import KeyFileInvalid, read_keys
from weir.gateway.identity.api_keys.store import ApiKey
from weir.gateway.identity.api_keys.uses import Uses, read_uses, uses_file

KeyChange: TypeAlias = Callable[[Keys], ChangedKeys]


def key_snapshots(loaded: LoadedConfig, clock: Clock) -> tuple[KeySnapshot, ...]:
    """Return all keys; raises KeysNotConfigured and KeyNotChanged. It blocks."""
    file = _file(loaded)
    try:
        keys = read_keys(file)
    except KeyFileInvalid as error:
        raise KeyNotChanged(_public(str(error), file)) from error
    uses = read_uses(uses_file(file))
    return tuple(_snapshot(key, uses, clock) for key in keys)


def changed_key(
    loaded: LoadedConfig, change: KeyChange, clock: Clock
) -> NewKeySnapshot:
    """Change the keys, and return the changed one. It blocks.

    Raises KeysNotConfigured, KeyNotFound, KeyNotChanged and ConfigConflicts.
    """
    file = _file(loaded)
    try:
        changed = change_configured_keys(loaded, file, change)
    except FileChanged as error:
        raise ConfigConflicts from error
    except UnknownKey as error:
        raise KeyNotFound(str(error)) from error
    except (KeyRejected, KeyFileInvalid) as error:
        raise KeyNotChanged(_public(str(error), file)) from error
    except OSError as error:
        detail = f"{file.name} cannot be written: {error.strerror}."
        raise KeyNotChanged(detail) from error
    uses = read_uses(uses_file(file))
    return NewKeySnapshot(_snapshot(changed.key, uses, clock), changed.text)


def _file(loaded: LoadedConfig) -> Path:
    file = key_file(loaded)
    if file is None:
        raise KeysNotConfigured
    return file


def _snapshot(key: ApiKey, uses: Uses, clock: Clock) -> KeySnapshot:
    used_s = uses.get(key.id)
    return KeySnapshot(
        key,
        key.state(clock.epoch_s()),
        datetime.fromtimestamp(used_s, UTC) if used_s else None,
    )


def _public(message: str, file: Path) -> str:
    """Return a message with the file as seen from its folder."""
    return message.replace(str(file), file.name)
