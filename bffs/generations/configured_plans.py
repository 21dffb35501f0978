"""The compiled plans that a configuration names.

Their folder has Python code that the gateway runs. In production mode, the user that
serves must therefore not be able to write it: an attacker who can write files could
otherwise change the code of the gateway.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath
from weir.resolvers.engine.compiled_plans import (
    CompiledPlans,
    UnreadablePlans,
    read_plans,
)

_PATH: Final[DataPath] = ("server", "compiled_plans")
_KEY: Final = "server.compiled_plans"


def configured_plans(loaded: LoadedConfig) -> CompiledPlans | None:
    """Return the compiled plans, or None if none are configured.

    Raises ConfigError if they cannot be read, or must not be used.
    """
    name = loaded.config.server.compiled_plans
    if name is None:
        return None
    folder = loaded.folder / name
    try:
        compiled = read_plans(folder)
    except UnreadablePlans as error:
        message = f"{_KEY}: {error}; write the folder by `weir compile`"
        raise loaded.error(_PATH, message) from error
    if loaded.config.mode == "production":
        _reject_writable(loaded, folder)
    return compiled


def without_compiled_plans(loaded: LoadedConfig) -> LoadedConfig:
    """Return the configuration of a gateway that plans everything, and never serves."""
    config = loaded.config
    server = config.server.model_copy(update={"compiled_plans": None})
    return replace(loaded, config=config.model_copy(update={"server": server}))


def _reject_writable(loaded: LoadedConfig, folder: Path) -> None:
    for path in _parts(folder.resolve()):
        if os.access(path, os.W_OK, effective_ids=True):
            message = (
                f"{_KEY}: the user that serves can write {path}, and the"
                " gateway runs the code in this folder; give the folder and the one"
                " that it is in to another user, or mount it read-only"
            )
            raise loaded.error(_PATH, message)


def _parts(folder: Path) -> Iterator[Path]:
    """Yield what decides the content of a folder; its parent could have another one."""
    yield folder.parent
    yield folder
    yield from folder.rglob("*")
