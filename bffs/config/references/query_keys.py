"""Parts of routes that would read the query parameter with the API keys of clients."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.route import RouteSection


def query_key_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each condition and version that no request can have."""
    name = config.identity.query_key if config.identity else None
    if name is None:
        return
    for route, section in config.routes.items():
        for path in _readers(section, name):
            place = ("routes", route, *path)
            dotted = ".".join(map(str, place))
            message = f"{dotted}: {name!r} is the parameter of `identity.api_keys`"
            yield document.problem(place, message)


def _readers(route: RouteSection, name: str) -> Iterator[DataPath]:
    if name in route.when.query:
        yield "when", "query", name
    for index, source in enumerate(route.version_by):
        if source == f"query:{name}":
            yield "version_by", index
    for variant, section in route.variants.items():
        cohorts = section.proxy.cohorts if section.proxy else {}
        for cohort, each in cohorts.items():
            if name in each.when.query:
                yield *variant, "proxy", "cohorts", cohort, "when", "query", name
