"""The cache rules of responses that only some callers may see."""

from dataclasses import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.headers import header

_FIELD = b"cache-control"
_FOR_ONE = (b"no-store", b"private")


def keep_private(
    head: RequestHead,  # noqa: ARG001 - a finish
    context: RequestContext,  # noqa: ARG001 - a finish
    response: Response,
) -> Response:
    """Mark a response of a route with an access rule as private.

    A shared cache in front of the gateway cannot check the rule. RFC 9111 §3.5 lets it
    reuse `public` responses even for requests with `Authorization`.
    """
    sent = header(response.headers, _FIELD)
    if sent is not None and any(each in sent.lower() for each in _FOR_ONE):
        return response
    directives = [each.strip() for each in (sent or b"").split(b",")]
    kept = [each for each in directives if each and not _is_shared(each.lower())]
    others = tuple(line for line in response.headers if line[0] != _FIELD)
    value = b", ".join([b"private", *kept])
    return replace(response, headers=(*others, (_FIELD, value)))


def _is_shared(directive: bytes) -> bool:
    return directive == b"public" or directive.startswith(b"s-maxage")
