"""Python code of the operator in this process, found by its name in weir.yaml."""

import sys
from importlib import import_module

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath


def import_object(reference: str, loaded: LoadedConfig, path: DataPath) -> object:
    """Import `package.module:name`; None where the module has no such name.

    Raises ConfigError at `path` where there is no such module. Modules are searched for
    in the folder of the configuration and in those of `python_path`, after the
    installed packages.
    """
    module_name, _, name = reference.partition(":")
    for folder in (loaded.folder, *loaded.python_path):
        if (entry := str(folder.resolve())) not in sys.path:
            sys.path.append(entry)
    try:
        module = import_module(module_name)
    except Exception as error:
        message = f"{'.'.join(map(str, path))}: cannot import {module_name}: {error}"
        raise loaded.error(path, message) from error
    found: object = getattr(module, name, None)
    return found
