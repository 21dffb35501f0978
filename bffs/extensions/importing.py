"""Import of the Python objects that weir.yaml names."""

import sys
from importlib import import_module

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath


def import_object(reference: str, loaded: LoadedConfig, path: DataPath) -> object:
    """Import `package.module:name`; return None if the module has no such name.

    Raises ConfigError at `path` if the module cannot be imported. Modules are searched
    for in the installed packages, then in the folder of the configuration, then in
    those of `python_path`.
    """
    module_name, _, name = reference.partition(":")
    for folder in (loaded.folder, *loaded.python_path):
        if (entry := str(folder.resolve())) not in sys.path:
            sys.path.append(entry)
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:  # a script may end with sys.exit()
        reason = str(error) if isinstance(error, Exception) else repr(error)
        message = f"{'.'.join(map(str, path))}: cannot import {module_name}: {reason}"
        raise loaded.error(path, message) from error
    found: object = getattr(module, name, None)
    return found
