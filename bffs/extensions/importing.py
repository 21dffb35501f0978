"""Python code of the operator in this process, found by its name in weir.yaml."""

import sys
from importlib import import_module
from pathlib import Path

from bffs.config.decode import LoadedConfig
from bffs.config.model.place import DataPath


def import_object(reference: str, loaded: LoadedConfig, path: DataPath) -> object:
    """Import `package.module:name`; None where the module has no such name.

    Raises ConfigError at `path` where there is no such module. Packages are looked for
    in the working folder as well, as `python -m` does.
    """
    module_name, _, name = reference.partition(":")
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = import_module(module_name)
    except Exception as error:
        message = f"{'.'.join(map(str, path))}: cannot import {module_name}: {error}"
        raise loaded.error(path, message) from error
    found: object = getattr(module, name, None)
    return found
