"""Cross-origin requests of browsers: preflights, and access to responses.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.steps import Finish, Guard, Steps
from weir.gateway.headers import Headers

ANY_ORIGIN: Final = "*"
_ORIGIN: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>(\*\.)?[a-z0-9_.-]+|\[[0-9a-f:.]+\])"
    r"(?P<port>:[0-9]{1,5})?"
)
_LABELS: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_FIELD_NAMES: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,4096}")
_VARY_OF_PREFLIGHT: Final = (
    b"origin, access-control-request-method, access-control-request-headers"
)

AllowsOrigin: TypeAlias = Callable[[str], bool]


class InvalidOrigin(ValueError):
    """A text that is not an origin, nor a pattern of origins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsPolicy:
    """The origins whose pages may read responses, and what they may send.

    `origins` are exact, such as `https://shop.example`, or have `*.` before a fixed
    suffix; `*` is every origin. Without `headers`, a page may send all header fields.
    `max_age_s` is the time for which a browser may cache the result of a preflight.
    Raise InvalidOrigin for an invalid origin.
    """

    origins: tuple[str, ...]
    credentials: bool = False
    methods: tuple[str, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = (
        "etag",
        "link",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-request-id",
    )
    max_age_s: float = 7200.0
    private_network: bool = False

    def __post_init__(self) -> None:
        for origin in self.origins:
            if origin != ANY_ORIGIN:
                parse_origin(origin)

    @property
    def any_origin(self) -> bool:
        """Whether every page may read responses."""
        return ANY_ORIGIN in self.origins


def parse_origin(pattern: str) -> re.Match[str]:
    """Return the parts of an origin or a pattern, or raise InvalidOrigin.

    `null` is rejected, as any page can have that origin in a sandboxed frame.
    """
    match = _ORIGIN.fullmatch(pattern)
    if match is None:
        message = (
            'expected an origin such as "https://shop.example", a pattern such as'
            ' "https://*.shop.example", or "*"'
        )
        raise InvalidOrigin(message)
    return match


def cors_steps(policy: CorsPolicy) -> Steps:
    """Return the steps of a route with `policy`.

    A preflight gets its response before the identity is known: it has no credential.
    """
    return Steps(guards=(_guard(),), finishes=(_finish(policy),))


def is_preflight(head: RequestHead) -> bool:
    """Return whether a request is a preflight."""
    fields = head.headers
    return (
        head.method == "OPTIONS"
        and b"origin" in fields
        and b"access-control-request-method" in fields
    )


def allows_origin(policy: CorsPolicy) -> AllowsOrigin:
    """Return the test of an origin."""
    if policy.any_origin:
        return lambda _: True
    exact = frozenset(each for each in policy.origins if "*" not in each)
    patterns = tuple(_parts(each) for each in policy.origins if "*" in each)

    def allows(origin: str) -> bool:
        return origin in exact or any(
            len(origin) > len(before) + len(after)
            and origin.startswith(before)
            and origin.endswith(after)
            and _LABELS.fullmatch(origin[len(before) : len(origin) - len(after)])
            for before, after in patterns
        )

    return allows


def _parts(pattern: str) -> tuple[str, str]:
    before, _, after = pattern.partition("*")
    return before, after


def _guard() -> Guard:
    def guard(head: RequestHead, origin: Origin) -> Response | None:
        del origin
        if is_preflight(head):
            return Response(status=204, headers=(), body=b"")
        return None

    return guard


def _finish(policy: CorsPolicy) -> Finish:
    allows = allows_origin(policy)
    exposed = ", ".join(policy.expose).encode()
    preflight = tuple(_preflight_fields(policy))

    def finish(
        head: RequestHead, context: RequestContext, response: Response
    ) -> Response:
        del context
        preflighted = is_preflight(head)
        fields: Headers = ()
        if preflighted:
            fields = ((b"vary", _VARY_OF_PREFLIGHT),)
        elif not policy.any_origin:
            fields = ((b"vary", b"origin"),)
        origin = head.headers.get(b"origin")
        if origin is None or not allows(origin.decode("latin-1")):
            return response.adding(fields)
        fields += _allowed(policy, origin)
        if preflighted:
            fields += preflight + _requested(policy, head)
        elif exposed:
            fields += ((b"access-control-expose-headers", exposed),)
        return response.adding(fields)

    return finish


def _allowed(policy: CorsPolicy, origin: bytes) -> Headers:
    if policy.any_origin:
        return ((b"access-control-allow-origin", b"*"),)
    allowed = ((b"access-control-allow-origin", origin),)
    if not policy.credentials:
        return allowed
    return (*allowed, (b"access-control-allow-credentials", b"true"))


def _preflight_fields(policy: CorsPolicy) -> Iterator[tuple[bytes, bytes]]:
    yield b"access-control-allow-methods", ", ".join(policy.methods).encode()
    yield b"access-control-max-age", b"%d" % policy.max_age_s
    if policy.headers:
        yield b"access-control-allow-headers", ", ".join(policy.headers).encode()


def _requested(policy: CorsPolicy, head: RequestHead) -> Headers:
    """Return the fields that allow the header fields and network of a preflight."""
    fields: list[tuple[bytes, bytes]] = []
    names = head.headers.get(b"access-control-request-headers", b"")
    if not policy.headers and names and _FIELD_NAMES.fullmatch(names):
        fields.append((b"access-control-allow-headers", names))
    if (
        policy.private_network
        and head.headers.get(b"access-control-request-private-network") == b"true"
    ):
        fields.append((b"access-control-allow-private-network", b"true"))
    return tuple(fields)
