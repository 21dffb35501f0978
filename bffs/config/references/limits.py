"""Limits of façades above those of all façades, which would have no effect."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.limits import OF_DOCUMENTS
from weir.bffs.config.model.root import Config


def limit_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each limit of a façade that has no effect."""
    for name, facade in config.facades.items():
        for key in (*OF_DOCUMENTS, "response"):
            own, most = getattr(facade.limits, key, None), getattr(config.limits, key)
            if own is not None and own > most:
                message = (
                    f"facades.{name}.limits.{key}: {own} has no effect, because"
                    f" `limits.{key}` of all façades is {most}"
                )
                yield document.problem(("facades", name, "limits", key), message)
