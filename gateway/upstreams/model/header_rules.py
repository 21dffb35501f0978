"""The header fields that go to an upstream, and those that come back from it."""

import re
from dataclasses import dataclass
from typing import Final

from weir.gateway.headers import HOP_BY_HOP, OF_AN_ATTEMPT, Headers, cgi_name
from weir.gateway.upstreams.model.call_key import CREDENTIALS
from weir.gateway.upstreams.model.identity_field import IdentityField
from weir.gateway.upstreams.model.token_rule import TokenRule

_OF_A_MESSAGE: Final = OF_AN_ATTEMPT | {b"content-encoding", b"content-type"}
OF_THE_GATEWAY: Final = (
    b"x-request-id",
    b"x-client-type",
    b"tracestate",
    b"x-forwarded-for",
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"x-client-country",
    b"x-client-region",
    b"x-client-asn",
)
"""Fields that the gateway sets in each request."""
_OF_A_PROXY: Final = (b"forwarded", b"via", b"x-forwarded-client-cert")
_NEVER_FORWARDED: Final = {*_OF_A_MESSAGE, *OF_THE_GATEWAY, *_OF_A_PROXY}
_NEVER_RETURNED: Final = HOP_BY_HOP | {
    b"age",
    b"cache-control",
    b"cache-status",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"date",
    b"etag",
    b"expires",
    b"last-modified",
    b"pragma",
    b"vary",
    b"x-cache",
    b"x-request-id",
}
"""Fields that the gateway sets in its own response."""
_CORS: Final = b"access-control-"
_FIELD_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRules:
    """The rules of one upstream; all names are in lower case.

    `forward` are the fields of clients that are sent to it. `set` are fields with fixed
    values, which replace any others. `identity` are fields that name the caller, and
    `token` is the rule of a token that does. `credentials` are the fields of clients
    by which the gateway identifies them. `remove` are fields of the gateway that are
    not sent. `response` are the fields of its responses that clients get.
    """

    forward: tuple[bytes, ...] = ()
    set: Headers = ()
    identity: tuple[IdentityField, ...] = ()
    token: TokenRule | None = None
    credentials: tuple[bytes, ...] = ()
    remove: frozenset[bytes] = frozenset()
    response: frozenset[bytes] = frozenset()


def may_be_forwarded(name: bytes) -> bool:
    """Return whether a field, in lower case, may be copied from clients."""
    return _is_name(name) and cgi_name(name) not in _NEVER_FORWARDED


def may_name_caller(name: bytes) -> bool:
    """Return whether a field, in lower case, may be made of the caller's identity.

    Credentials are not: a service would take the name of a caller for a proof.
    """
    return may_be_forwarded(name) and cgi_name(name) not in CREDENTIALS


def may_be_set(name: bytes) -> bool:
    """Return whether a field, in lower case, may have a fixed value."""
    return _is_name(name) and cgi_name(name) not in _OF_A_MESSAGE


def may_be_returned(name: bytes) -> bool:
    """Return whether a field of responses, in lower case, may be sent to clients."""
    is_of_gateway = name in _NEVER_RETURNED or name.startswith(_CORS)
    return _is_name(name) and not is_of_gateway


def _is_name(name: bytes) -> bool:
    return _FIELD_NAME.fullmatch(name) is not None
