"""The schema of a façade as clients see it: pages with its types, and a search.

Hidden elements are not part of this schema. Names of services are shown in development
mode only.
"""

from functools import partial
from typing import Final

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.http.query_string import query_pairs
from weir.bffs.facades.pages.html import RequestedPageEndpoint, rendered
from weir.bffs.facades.pages.schema_views import matching, type_view, types_by_kind
from weir.bffs.facades.pages.site import Site
from weir.gateway.edge.builtin import not_found
from weir.gateway.edge.request import Request
from weir.gateway.errors import BadRequest

_SEARCH: Final = "search"
_MAX_SEARCH: Final = 200


def schema_endpoint(facade: Facade, site: Site) -> RequestedPageEndpoint:
    """Return the endpoint with the list of types, and with the matches of a search."""
    return RequestedPageEndpoint(site, partial(_list, facade))


def type_endpoint(facade: Facade, site: Site) -> RequestedPageEndpoint:
    """Return the endpoint with one type, which its path names."""
    return RequestedPageEndpoint(site, partial(_type, facade))


def _list(facade: Facade, site: Site, request: Request) -> str:
    parameters = dict(query_pairs(request.head.query, BadRequest))
    search = parameters.get(_SEARCH, [""])[0].strip()[:_MAX_SEARCH]
    schema = facade.engine.schema
    return rendered(
        "schema.html",
        site,
        title="Schema",
        search=search,
        matches=matching(schema, search) if search else (),
        kinds={} if search else types_by_kind(schema),
    )


def _type(facade: Facade, site: Site, request: Request) -> str:
    ((_, segment),) = request.path_parameters
    graph = facade.engine.view.graph if facade.development else None
    name = segment.decode("latin-1")
    view = type_view(facade.engine.schema, name, graph)
    if view is None:
        raise not_found(request)
    return rendered("type.html", site, title=view.name, type=view)
