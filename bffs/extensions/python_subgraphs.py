"""Subgraphs that are Python code in this process.

The import of Strawberry takes time, so this module is imported only if there is such a
subgraph.
"""

import strawberry

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath
from weir.bffs.extensions.importing import import_object
from weir.resolvers.sources.strawberry.source import StrawberrySource


def python_source(
    reference: str, loaded: LoadedConfig, path: DataPath
) -> StrawberrySource:
    """Import a Strawberry schema as `package.module:name`; raises ConfigError."""
    schema = import_object(reference, loaded, path)
    if not isinstance(schema, strawberry.Schema):
        dotted = ".".join(map(str, path))
        message = f"{dotted}: {reference} is not a Strawberry schema: got {schema!r}"
        raise loaded.error(path, message)
    return StrawberrySource(schema)
