"""The rule that a context's name is a letter followed by letters and digits.

Underscores are reserved for the supergraph, where a context is `<subgraph>__<name>`.
"""

import re
from collections.abc import Iterator

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


def context_names(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield CONTEXT_NAME_INVALID errors."""
    for definition in subgraph.types.values():
        for applied in definition.all("context"):
            name = applied.text("name") or ""
            if not _NAME.match(name):
                yield subgraph.error(
                    Code.CONTEXT_NAME_INVALID,
                    f'Context name "{name}" is invalid. It should have only'
                    " alphanumeric characters, and start with a letter.",
                    applied,
                )
