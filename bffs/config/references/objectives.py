"""Objectives of façades that do not exist."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.root import Config
from weir.bffs.config.references.names import unknown


def objective_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each objective of an unknown façade."""
    for name in config.slo:
        facade = name.partition("/")[0]
        if facade not in config.facades:
            message = unknown("façade", facade, config.facades)
            yield document.problem(("slo", name), f"slo.{name}: {message}")
