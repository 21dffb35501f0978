"""The console of a REST API: Swagger UI over its OpenAPI document."""

from functools import partial

from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.pages.html import PageEndpoint, rendered
from weir.bffs.facades.pages.site import Site


def console_endpoint(api: RestApi, site: Site) -> PageEndpoint:
    """Return the endpoint of the page."""
    return PageEndpoint(site, partial(_page, api))


def _page(api: RestApi, site: Site) -> str:
    return rendered("console.html", site, title=f"Console of {api.name}")
