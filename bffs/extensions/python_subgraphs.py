"""Subgraphs that are Python code in this process."""

import strawberry

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath
from weir.bffs.extensions.importing import import_object


def import_schema(
    reference: str, loaded: LoadedConfig, path: DataPath
) -> strawberry.Schema:
    """Import a Strawberry schema as `package.module:name`; raises ConfigError."""
    schema = import_object(reference, loaded, path)
    if not isinstance(schema, strawberry.Schema):
        dotted = ".".join(map(str, path))
        message = f"{dotted}: {reference} is not a Strawberry schema: got {schema!r}"
        raise loaded.error(path, message)
    return schema
