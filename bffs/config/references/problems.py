"""All checks between sections: each name that a section uses exists in another."""

from collections.abc import Iterator

from weir.bffs.config.described_routes import DescribedRoutes
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.root import Config
from weir.bffs.config.references.callers import caller_problems
from weir.bffs.config.references.facades import facade_problems
from weir.bffs.config.references.geo import geo_problems
from weir.bffs.config.references.limits import limit_problems
from weir.bffs.config.references.objectives import objective_problems
from weir.bffs.config.references.query_keys import query_key_problems
from weir.bffs.config.references.routes import route_problems
from weir.bffs.config.references.server import server_problems
from weir.bffs.config.references.subgraphs import subgraph_problems
from weir.bffs.config.references.upstreams import upstream_problems


def reference_problems(
    document: ConfigDocument, config: Config, described: DescribedRoutes
) -> Iterator[Problem]:
    """Yield a problem for each unknown name and each contradiction."""
    yield from subgraph_problems(document, config)
    yield from route_problems(document, config, described)
    yield from server_problems(document, config)
    yield from facade_problems(document, config)
    yield from limit_problems(document, config)
    yield from upstream_problems(document, config)
    yield from caller_problems(document, config)
    yield from query_key_problems(document, config)
    yield from objective_problems(document, config)
    yield from geo_problems(document, config)
