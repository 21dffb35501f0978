"""The parsers that decide about a caller: credentials, keys of limits, origin, path."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from tests.support.growth import Growing
from tests.support.memory_exchange import request_head
from tests.support.parsers.refusable import refusable
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route_steps.cors import CorsPolicy, allows_origin
from weir.gateway.identity.api_keys.key import is_key
from weir.gateway.identity.certificates.forwarded import forwarded_pem
from weir.gateway.identity.claims import frozen_claims, names_at
from weir.gateway.identity.credentials import (
    CredentialPlaces,
    CredentialReader,
    credential_text,
)
from weir.gateway.identity.jwt.token import read_token
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.key import LimitKey
from weir.gateway.routes.matching.path import is_malformed, segments_of


def caller(header_of: Callable[[int], bytes]) -> Callable[[int], Caller]:
    return lambda n: Caller("192.0.2.7", {b"x-tenant": header_of(n)}, ANONYMOUS)


def with_header(name: bytes, value_of: Callable[[int], bytes]) -> Any:
    return lambda n: request_head(headers=((name, value_of(n)),))


def identified(claims: dict[str, Any]) -> Identity:
    return replace(ANONYMOUS, claims=frozen_claims(claims))


def read_credential(head: RequestHead) -> None:
    sent = CREDENTIALS.read(head)
    assert sent is not None
    credential_text(sent)


CREDENTIALS: Final = CredentialReader(CredentialPlaces(bearer=True, header=b"x-key"))
IDENTITY: Final[dict[str, Growing]] = {
    "Authorization": Growing(
        refusable(read_credential),
        with_header(b"authorization", lambda n: b"Bearer " + b"a=" * n),
    ),
    "Authorization: spaces": Growing(
        refusable(read_credential),
        with_header(b"authorization", lambda n: b"Bearer" + b" " * n + b"!"),
    ),
    "JWT: a large part": Growing(
        refusable(read_token), lambda n: "e30." + "A" * n + "."
    ),
    "JWT: many parts": Growing(refusable(read_token), lambda n: "." * n),
    "JWT: white space": Growing(refusable(read_token), lambda n: "IA" * n + ".."),
    "JWT: scopes": Growing(
        lambda claims: names_at(frozen_claims(claims), ("scope", "roles")),
        lambda n: {"scope": "a " * n, "roles": ["b"] * n},
    ),
    "X-Forwarded-Client-Cert: pairs": Growing(
        refusable(forwarded_pem), lambda n: "Hash=0;" * n
    ),
    "X-Forwarded-Client-Cert: quotes": Growing(
        refusable(forwarded_pem), lambda n: 'Subject="' + '\\"' * n
    ),
    "X-Forwarded-Client-Cert: percent": Growing(
        refusable(forwarded_pem), lambda n: "Cert=" + "%41" * n
    ),
    "API key": Growing(is_key, lambda n: "weir_" + "a" * n),
    "rate limit by a header field": Growing(
        LimitKey(("header:x-tenant",)).digest, caller(lambda n: b"\xff" * n)
    ),
    "rate limit by a claim": Growing(
        LimitKey(("claim:tenant",)).digest,
        lambda n: Caller("192.0.2.7", {}, identified({"tenant": "a" * n})),
    ),
    "Origin": Growing(
        allows_origin(CorsPolicy(origins=("https://*.shop.example",))),
        lambda n: "https://" + "a." * n + ".shop.example",
    ),
    "path": Growing(
        lambda path: (is_malformed(path), segments_of(path)), lambda n: "/%41%" * n
    ),
}
