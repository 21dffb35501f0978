"""Pages in HTML: their templates, their headers, and the endpoint of a page.

A browser sends no credentials with the request of a page. Where the façade needs some,
the page is a form for them, whose script requests the page again.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from weir.bffs.facades.http.lazy_response import LazyResponse
from weir.bffs.facades.pages.site import Site
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.entity_tag import etag
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.errors import WeirError
from weir.gateway.headers import Headers

_UNAUTHENTICATED: Final = 401
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Monaco, the editor of GraphiQL, inserts style elements.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; connect-src 'self';"
    b" worker-src 'self' blob:; img-src 'self' data:; font-src 'self';"
    b" style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none';"
    b" form-action 'self'"
)
_HEADERS: Final[Headers] = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY),
    (
        b"permissions-policy",
        b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def rendered(template: str, site: Site, **values: Any) -> str:
    """Return a page from the template of this name."""
    return _TEMPLATES.get_template(template).render(site=site, **values)


def page(text: str) -> Response:
    """Return the response with a page, which caches validate before each use."""
    body = text.encode()
    headers = (
        *_HEADERS,
        (b"cache-control", b"private, no-cache"),
        (b"etag", etag(body)),
    )
    return Response(status=200, headers=headers, body=body)


class PageErrors(ProblemRenderer):
    """Renders errors as problems, except for a form for missing credentials."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        super().__init__(development=site.development)
        self._site = site

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        if error.row.status != _UNAUTHENTICATED:
            return super().render_error(error, context)
        text = rendered(
            "sign_in.html",
            self._site,
            title="Credentials",
            reason=error.public_detail(development=self._site.development),
        )
        return Response(
            status=_UNAUTHENTICATED,
            headers=(*_HEADERS, (b"cache-control", b"no-store")),
            body=text.encode(),
            error_code=error.code,
        )


class PageEndpoint(PageErrors):
    """A page that is the same for each request, rendered for the first one."""

    __slots__ = ("_page",)

    def __init__(self, site: Site, render: Callable[[Site], str]) -> None:
        super().__init__(site)
        self._page = LazyResponse(lambda: page(render(site)))

    async def respond(
        self,
        request: Request,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return await self._page.get()


class RequestedPageEndpoint(PageErrors):
    """A page that depends on its request."""

    __slots__ = ("_render",)

    def __init__(self, site: Site, render: Callable[[Site, Request], str]) -> None:
        super().__init__(site)
        self._render = render

    async def respond(
        self,
        request: Request,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return page(await asyncio.to_thread(self._render, self._site, request))
