"""A subgraph that is Python code in this process, found by its name in weir.yaml."""

import sys
from importlib import import_module
from pathlib import Path

import strawberry

from bffs.config.decode import LoadedConfig
from bffs.config.document import DataPath


def import_schema(
    reference: str, loaded: LoadedConfig, path: DataPath
) -> strawberry.Schema:
    """Import `package.module:name`; raises ConfigError at `path` where it is not one.

    Packages are looked for in the working folder as well, as `python -m` does.
    """
    module_name, _, name = reference.partition(":")
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    dotted = ".".join(map(str, path))
    try:
        module = import_module(module_name)
    except Exception as error:
        message = f"{dotted}: cannot import {module_name}: {error}"
        raise loaded.error(path, message) from error
    schema = getattr(module, name, None)
    if not isinstance(schema, strawberry.Schema):
        message = f"{dotted}: {reference} is no Strawberry schema, but {schema!r}"
        raise loaded.error(path, message)
    return schema
