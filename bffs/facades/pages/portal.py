"""The documentation of a REST API for its developers."""

from functools import partial

from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.pages.html import PageEndpoint, rendered
from weir.bffs.facades.pages.portal_views import endpoint_views
from weir.bffs.facades.pages.release_views import release_views
from weir.bffs.facades.pages.site import Site


def portal_endpoint(api: RestApi, site: Site) -> PageEndpoint:
    """Return the endpoint of the page."""
    return PageEndpoint(site, partial(_page, api))


def _page(api: RestApi, site: Site) -> str:
    return rendered(
        "portal.html",
        site,
        title=f"API {api.name}",
        path=api.path,
        endpoints=endpoint_views(api),
        releases=release_views(api),
    )
