"""The pages of a façade with their paths.

GraphiQL and the schema are where introspection is allowed, the documentation and the
console where the OpenAPI document is served: pages show nothing more than these do.
"""

from collections.abc import Iterator
from typing import Final

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.openapi.api import api_path, rest_apis
from weir.bffs.facades.pages.assets import AssetEndpoint, assets
from weir.bffs.facades.pages.console import console_endpoint
from weir.bffs.facades.pages.explained import ExplainedEndpoint
from weir.bffs.facades.pages.graphiql import graphiql_endpoint
from weir.bffs.facades.pages.page import Page
from weir.bffs.facades.pages.portal import portal_endpoint
from weir.bffs.facades.pages.schema import schema_endpoint, type_endpoint
from weir.bffs.facades.pages.site import Site
from weir.gateway.routes.matching.template import parse_prefix, parse_template

_GRAPHIQL: Final = parse_template("/graphiql")
_EXPLAINED: Final = parse_template("/graphiql/query")
_SCHEMA: Final = parse_template("/schema")
_TYPE: Final = parse_template("/schema/{type}")
_DOCS: Final = parse_template("/docs")
_CONSOLE: Final = parse_template("/console")
_ASSET: Final = parse_template("/pages/{version}/{name}")


def facade_pages(facade: Facade) -> Iterator[Page]:
    """Yield the pages of a façade that has some."""
    found = assets()
    site = Site.of(facade, found)
    prefix = parse_prefix(facade.path)
    yield Page(_ASSET.under(prefix), AssetEndpoint(found), is_asset=True)
    if site.has_schema:
        yield Page(_GRAPHIQL.under(prefix), graphiql_endpoint(facade, site))
        if facade.development:
            explained = ExplainedEndpoint(facade)
            yield Page(_EXPLAINED.under(prefix), explained, method="POST")
        yield Page(_SCHEMA.under(prefix), schema_endpoint(facade, site))
        yield Page(_TYPE.under(prefix), type_endpoint(facade, site.below()))
    if facade.has_openapi:
        for version, api in rest_apis(facade).items():
            below = parse_prefix(api_path(facade, version))
            seen_from = site.below() if version else site
            yield Page(_DOCS.under(below), portal_endpoint(api, seen_from))
            yield Page(_CONSOLE.under(below), console_endpoint(api, seen_from))
