"""The routes of services by their names: `/{service}/*` for each (`service_routes`).

Subgraphs have none: their services would respond without the contract, the limits and
the access rules of façades.
"""

from dataclasses import replace

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.model.position import DataPath, Position
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.proxy import ProxySection
from weir.bffs.config.model.route.route import RouteSection


def with_service_routes(
    document: ConfigDocument, config: Config
) -> tuple[ConfigDocument, Config]:
    """Return a configuration with the routes of its services, if it has them.

    A route with the name of a service replaces that of the service. The place of the
    others in the document is that of `service_routes`.
    """
    section = config.service_routes
    if section is None:
        return document, config
    place: DataPath = ("service_routes",)
    of_graphs = {each.upstream for _, each in config.all_subgraphs()}
    routes = {
        name: RouteSection(
            path=f"/{name}/*",
            proxy=ProxySection(upstream=name, path="/*"),
            access=section.access,
        )
        for name in config.upstreams
        if name not in of_graphs
    }
    positions: dict[DataPath, Position] = {
        ("routes", name): document.positions[place] for name in routes
    }
    return (
        replace(document, positions={**positions, **document.positions}),
        config.model_copy(update={"routes": {**routes, **config.routes}}),
    )
