"""Objectives of façades that do not exist, and times without effect."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.root import Config
from weir.bffs.config.unknown_name import unknown
from weir.bffs.config.written import duration


def objective_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each objective of an unknown façade, or without effect."""
    longest_s = config.server.request_timeout
    for name, objective in config.slo.items():
        facade = name.partition("/")[0]
        if facade not in config.facades:
            message = unknown("façade", facade, config.facades)
            yield document.problem(("slo", name), f"slo.{name}: {message}")
        if objective.within > longest_s:
            message = (
                f"slo.{name}.within: has no effect, because `server.request_timeout`"
                f" ends requests after {duration(longest_s)}"
            )
            yield document.problem(("slo", name, "within"), message)
