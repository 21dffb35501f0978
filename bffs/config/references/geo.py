"""Places of clients that nothing uses."""

import re
from collections.abc import Iterator
from typing import Final

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.root import Config

_PLACE: Final = re.compile(r"\brequest\.(asn|country|region)\b")


def geo_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for places that neither services nor conditions use."""
    if config.geo is None or config.geo.send:
        return
    conditions = (route.when.cel or "" for route in config.routes.values())
    if not any(map(_PLACE.search, conditions)):
        message = (
            "geo: has no effect; set `send`, or use `request.country` in `when.cel` of"
            " a route"
        )
        yield document.problem(("geo",), message)
