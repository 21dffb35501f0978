"""The keys of calls for consistent hashing."""

from collections.abc import Callable
from typing import TypeAlias, assert_never

from weir.gateway.context import RequestContext
from weir.gateway.headers import cookies, header
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.model.policy import HashOn

HashKey: TypeAlias = Callable[[UpstreamRequest, RequestContext], bytes]


def hash_key(on: HashOn) -> HashKey:
    """Return the function that computes a call's key.

    A call without the field or cookie is hashed on its path, so that such calls do not
    all go to one instance.
    """
    match on.source:
        case "path":
            return lambda request, _: request.path.encode()
        case "identity":
            return lambda request, context: (
                context.identity.subject.encode() or request.path.encode()
            )
        case "header":
            name = on.name.lower().encode()
            return lambda request, context: (
                _field(name, request, context) or request.path.encode()
            )
        case "cookie":
            name = on.name.encode()
            return lambda request, context: (
                _cookie(name, _field(b"cookie", request, context))
                or request.path.encode()
            )
        case _:
            assert_never(on.source)


def _field(name: bytes, request: UpstreamRequest, context: RequestContext) -> bytes:
    return header(request.headers, name) or header(context.forwarded, name) or b""


def _cookie(name: bytes, field: bytes) -> bytes:
    return next((value for each, value in cookies(field) if each == name), b"")
