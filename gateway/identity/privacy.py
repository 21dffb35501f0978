"""The cache rules of responses that only some callers may see."""

from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import CacheControl, Scope, read_cache_control
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response

_FIELD: Final = b"cache-control"
_NOT_STORED: Final = (_FIELD, b"no-store")
"""That of most responses to a POST."""
_USUAL_CONTROLS: Final = 256


def keep_private(
    head: RequestHead,  # noqa: ARG001 - a finish
    context: RequestContext,  # noqa: ARG001 - a finish
    response: Response,
) -> Response:
    """Mark a response of a route with an access rule as private.

    A shared cache in front of the gateway cannot check the rule. RFC 9111 §3.5 lets it
    reuse `public` responses even for requests with `Authorization`.
    """
    if _NOT_STORED in response.headers:
        return response
    control = read_cache_control(response.headers)
    if control.no_store or control.scope is Scope.PRIVATE:
        return response
    others = [line for line in response.headers if line[0] != _FIELD]
    return replace(response, headers=(*others, _private_line(control)))


@lru_cache(_USUAL_CONTROLS)
def _private_line(control: CacheControl) -> tuple[bytes, bytes]:
    return _FIELD, replace(control, scope=Scope.PRIVATE).field_value()
