"""Import of the Python objects that weir.yaml names."""

import sys
from difflib import get_close_matches
from importlib import import_module
from traceback import extract_tb
from types import ModuleType

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath


def import_object(reference: str, loaded: LoadedConfig, path: DataPath) -> object:
    """Import `package.module:name`.

    Raises ConfigError at `path` if the module cannot be imported or lacks the name.
    Modules are searched for in the installed packages, then in the folder of the
    configuration, then in those of `python_path`.
    """
    dotted = ".".join(map(str, path))
    module_name, _, name = reference.partition(":")
    folders = [str(each.resolve()) for each in (loaded.folder, *loaded.python_path)]
    sys.path += [each for each in folders if each not in sys.path]
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:  # a script may end with sys.exit()
        reason = _reason(error, module_name)
        message = f"{dotted}: cannot import {module_name}: {reason}"
        raise loaded.error(path, message) from error
    if not hasattr(module, name):
        message = f"{dotted}: {_unknown_name(module, name)}"
        raise loaded.error(path, message)
    found: object = getattr(module, name)
    return found


def _reason(error: Exception | SystemExit, module: str) -> str:
    """Return why a module cannot be imported, and where."""
    if isinstance(error, SyntaxError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        if module.endswith(".py"):
            return "write the name of the module without .py"
        if f"{module}.".startswith(f"{error.name}."):
            return (
                f"there is no module {error.name} in the installed packages, in the"
                " folder of this file and in those of `python_path`"
            )
        return f"it imports {error.name}, which is not installed"
    frame = extract_tb(error.__traceback__)[-1]
    return f"{error!r} in {frame.filename}, line {frame.lineno}"


def _unknown_name(module: ModuleType, name: str) -> str:
    known = [each for each in vars(module) if not each.startswith("_")]
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"the module {module.__name__} has no {name}{hint}"
