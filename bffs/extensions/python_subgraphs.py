"""A subgraph that is Python code in this process, found by its name in weir.yaml."""

import strawberry

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath
from weir.bffs.extensions.importing import import_object


def import_schema(
    reference: str, loaded: LoadedConfig, path: DataPath
) -> strawberry.Schema:
    """Import `package.module:name`; raises ConfigError at `path` if it is none."""
    schema = import_object(reference, loaded, path)
    if not isinstance(schema, strawberry.Schema):
        dotted = ".".join(map(str, path))
        message = f"{dotted}: {reference} is no Strawberry schema, but {schema!r}"
        raise loaded.error(path, message)
    return schema
