"""The API keys of a configuration, as commands and the control port change them."""

from collections.abc import Callable
from pathlib import Path

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.unknown_name import unknown
from weir.gateway.identity.api_keys.changes import ChangedKeys, KeyRejected, Keys
from weir.gateway.identity.api_keys.file_store import change_keys


def key_file(loaded: LoadedConfig) -> Path | None:
    """Return the file of the keys, or None if there is none."""
    identity = loaded.config.identity
    if identity is None or identity.api_keys is None:
        return None
    return loaded.folder / identity.api_keys.file


def change_configured_keys(
    loaded: LoadedConfig, file: Path, change: Callable[[Keys], ChangedKeys]
) -> ChangedKeys:
    """Change the keys in their file.

    Raises KeyRejected, also for an unknown plan, and what `change_keys` does.
    """

    def planned(keys: Keys) -> ChangedKeys:
        changed, plans = change(keys), loaded.config.plans
        plan = changed.key.plan
        if changed.text and plans and plan and plan not in plans:
            raise KeyRejected(unknown("plan", plan, plans))
        return changed

    return change_keys(file, planned)
