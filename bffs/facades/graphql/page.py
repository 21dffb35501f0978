"""The page that a browser gets at the address of a GraphQL endpoint."""

from html import escape
from typing import Final

from weir.gateway.edge.response import Response
from weir.gateway.headers import Headers

_HEADERS: Final[Headers] = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (
        b"content-security-policy",
        (
            b"default-src 'none'; frame-ancestors 'none'; base-uri 'none';"
            b" form-action 'none'"
        ),
    ),
)
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>GraphQL API: {name}</title></head>
<body>
<h1>GraphQL API: {name}</h1>
<p>This address is for programs. Send operations as POST with JSON:</p>
<pre>curl -H 'content-type: application/json' \\
  -d '{{"query": "{{ __typename }}"}}' \\
  {url}</pre>
<p>{introspection}</p>
</body>
</html>
"""
_ALLOWED: Final = (
    "Introspection is allowed, so that tools can load the schema of this address. A"
    " tool that is a web page, such as Apollo Sandbox, needs its origin in the"
    " <code>cors</code> of this façade."
)
_DISABLED: Final = (
    "Introspection is disabled here, so that tools cannot load the schema."
)


def endpoint_page(name: str, url: str, *, introspection: bool) -> Response:
    """Return the page of the façade `name`, whose endpoint is at `url`."""
    text = _PAGE.format(
        name=escape(name or "weir"),
        url=escape(url),
        introspection=_ALLOWED if introspection else _DISABLED,
    )
    return Response(status=200, headers=_HEADERS, body=text.encode())
