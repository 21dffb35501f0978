"""Response header fields by which browsers protect the users of an API.

nosniff                         https://fetch.spec.whatwg.org/#x-content-type-options-header
Referrer-Policy                 https://w3c.github.io/webappsec-referrer-policy/
Cross-Origin-Resource-Policy    https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header
Permissions-Policy              https://w3c.github.io/webappsec-permissions-policy/
Strict-Transport-Security       RFC 6797

A field of a service that `headers.response` names takes the place of the gateway's:
browsers would combine both, or use the first one only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.steps import Finish, Steps
from weir.gateway.headers import Headers

_YEAR_S: Final = 365 * 24 * 3600.0
_OVER_TLS: Final = (b"x-forwarded-proto", b"https")
"""The field of `RequestContext.forwarded`, which trusted proxies decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityHeaders:
    """The values of the fields; None leaves a field out.

    `strict_transport_s` is sent over TLS only: plain HTTP must not have the field
    (RFC 6797 §7.2).
    """

    content_type_options: bool = True
    referrer_policy: str | None = "no-referrer"
    cross_origin_resource_policy: str | None = "same-origin"
    permissions_policy: str | None = None
    strict_transport_s: float | None = _YEAR_S


def security_header_steps(policy: SecurityHeaders) -> Steps:
    """Return the step that adds the fields to each response."""
    plain = tuple(_fields(policy))
    over_tls = plain
    if policy.strict_transport_s is not None:
        max_age = b"max-age=%d" % policy.strict_transport_s
        over_tls = (*plain, (b"strict-transport-security", max_age))
    return Steps(finishes=(_finish(plain, over_tls),)) if over_tls else Steps()


def _fields(policy: SecurityHeaders) -> Iterator[tuple[bytes, bytes]]:
    if policy.content_type_options:
        yield b"x-content-type-options", b"nosniff"
    for name, value in (
        (b"referrer-policy", policy.referrer_policy),
        (b"cross-origin-resource-policy", policy.cross_origin_resource_policy),
        (b"permissions-policy", policy.permissions_policy),
    ):
        if value is not None:
            yield name, value.encode("latin-1")


def _finish(plain: Headers, over_tls: Headers) -> Finish:
    def add_fields(
        head: RequestHead,  # noqa: ARG001 - a finish
        context: RequestContext,
        response: Response,
    ) -> Response:
        is_tls = _OVER_TLS in context.forwarded
        return response.adding_missing(over_tls if is_tls else plain)

    return add_fields
