"""The points of the requests of a route: random ones, or those of keys or cookies."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.headers import Headers
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.key import LimitKey
from weir.gateway.routes.splitting.split import point_of
from weir.gateway.routes.splitting.sticky_cookie import StickyCookie

PointOf: TypeAlias = Callable[[RequestHead, RequestContext], tuple[float, Headers]]
"""A function that returns the point of a request, and the fields for its client."""


@dataclass(frozen=True, slots=True)
class Points:
    """The points of requests.

    They depend on the header fields `varies`, and on more of the client, such as its
    address, if they are `personal`.
    """

    of: PointOf
    varies: frozenset[bytes] = frozenset()
    personal: bool = False


def random_points(rng: Random) -> Points:
    """Return random points, so that each request is decided by itself."""

    def point(head: RequestHead, context: RequestContext) -> tuple[float, Headers]:
        del head, context
        return rng.random(), ()

    return Points(point)


def points_of_keys(key: LimitKey, route: str) -> Points:
    """Return points that are the same for all requests with the same key."""
    salt = _salt(route)

    def point(head: RequestHead, context: RequestContext) -> tuple[float, Headers]:
        caller = Caller(context.client_address, head.headers, context.identity)
        return point_of(key.digest(caller), salt), ()

    personal = any(not part.startswith("header:") for part in key.parts)
    return Points(point, key.fields, personal)


def points_of_cookies(cookie: StickyCookie, route: str) -> Points:
    """Return points of cookies; a client without a valid one gets a new one."""
    salt = _salt(route)

    def point(head: RequestHead, context: RequestContext) -> tuple[float, Headers]:
        if (number := cookie.of(head)) is not None:
            return point_of(number, salt), ()
        secure = (b"x-forwarded-proto", b"https") in context.forwarded
        number, field = cookie.issued(secure=secure)
        return point_of(number, salt), (field,)

    return Points(point, frozenset({b"cookie"}))


def _salt(route: str) -> bytes:
    return blake2b(route.encode(), digest_size=16).digest()
