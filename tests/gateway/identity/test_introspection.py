"""Opaque tokens: introspection, its cache, and servers that fail (RFC 7662)."""

import asyncio
import gzip
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest

from tests.support.credentials import credential_of
from tests.support.fake_clock import FakeClock
from tests.support.raw_service import Behaviour, RawService, ok, raw_service, responding
from weir.gateway.identity.attempts import AttemptLimits, Attempts
from weir.gateway.identity.authenticator import Credential
from weir.gateway.identity.bearer import BearerTokens
from weir.gateway.identity.completion import Grants
from weir.gateway.identity.errors import (
    IssuerUnavailable,
    TokenAudienceWrong,
    TokenExpired,
    TokenInactive,
)
from weir.gateway.identity.opaque.authenticator import OpaqueTokens
from weir.gateway.identity.opaque.policy import IntrospectionPolicy

TOKEN = "2YotnFZFEjr1zCsicMWpAA"  # noqa: S105 - the example of RFC 6749
CREDENTIAL = credential_of(TOKEN, "192.0.2.1")


@dataclass
class Server:
    tokens: OpaqueTokens
    service: RawService
    clock: FakeClock


@asynccontextmanager
async def server(behaviour: Behaviour, **policy: Any) -> AsyncIterator[Server]:
    clock = FakeClock()
    async with raw_service(behaviour) as service:
        introspection = IntrospectionPolicy(
            url=f"{service.url}/introspect",
            client_id="gate:way",
            client_secret="p w",  # noqa: S106 - of tests
            grants=Grants((("editor", frozenset({"titles:write"})),)),
            **policy,
        )
        tokens = OpaqueTokens(introspection, Attempts(AttemptLimits(), clock), clock)
        try:
            yield Server(tokens, service, clock)
        finally:
            await tokens.release()


def says(**members: Any) -> Behaviour:
    return responding(ok(orjson.dumps(members), b"content-type: application/json"))


async def test_an_active_token_has_the_identity_of_the_response() -> None:
    behaviour = says(
        active=True,
        sub="ann",
        iss="https://issuer.test",
        client_id="app",
        scope="read write",
        roles=["editor"],
        aud=["shop", "other"],
    )
    async with server(behaviour, audiences=frozenset({"shop"})) as asked:
        identity = await asked.tokens.verify(CREDENTIAL)

    assert (identity.method, identity.subject) == ("introspection", "ann")
    assert (identity.issuer, identity.client_id) == ("https://issuer.test", "app")
    assert identity.scopes == {"read", "write", "titles:write"}
    assert identity.roles == {"editor"}
    assert identity.cache_partition


async def test_the_endpoint_gets_the_token_and_the_credentials_of_the_gateway() -> None:
    async with server(says(active=True)) as asked:
        await asked.tokens.verify(CREDENTIAL)

    (head,), (body,) = asked.service.heads, asked.service.bodies
    basic = b64encode(b"gate%3Away:p+w").decode()
    assert head.startswith(b"POST /introspect HTTP/1.1\r\n")
    assert TOKEN.encode() not in head
    assert f"basic {basic}".lower().encode() in head.lower()
    assert parse_qs(body.decode()) == {
        "token": [TOKEN],
        "token_type_hint": ["access_token"],
    }


async def test_requests_with_one_token_share_a_call_and_its_result() -> None:
    async with server(says(active=True, sub="ann")) as asked:
        identities = await asyncio.gather(
            *(asked.tokens.verify(CREDENTIAL) for _ in range(9))
        )

        assert len(asked.service.heads) == 1
        assert asked.tokens.known(CREDENTIAL.digest) is identities[0]


@pytest.mark.parametrize(("expires_in_s", "cached_s"), [(None, 60), (20, 20), (99, 60)])
async def test_an_identity_is_cached_until_it_expires_and_for_a_minute_at_most(
    expires_in_s: int | None, cached_s: int
) -> None:
    expires = (
        {} if expires_in_s is None else {"exp": FakeClock().epoch_s() + expires_in_s}
    )
    async with server(says(active=True, **expires)) as asked:
        await asked.tokens.verify(CREDENTIAL)
        asked.clock.advance(cached_s - 1)
        before = asked.tokens.known(CREDENTIAL.digest)
        asked.clock.advance(1)

        assert before is not None
        assert asked.tokens.known(CREDENTIAL.digest) is None


REJECTED = [
    ({"active": False}, TokenInactive),
    ({"active": True, "exp": 1}, TokenExpired),
    ({"active": True, "aud": "other"}, TokenAudienceWrong),
    ({"active": True}, TokenAudienceWrong),
    ({"active": True, "aud": [{"a": 1}]}, TokenAudienceWrong),
]


@pytest.mark.parametrize(("members", "error"), REJECTED)
async def test_a_token_that_is_not_for_the_gateway_is_rejected(
    members: dict[str, Any], error: type[Exception]
) -> None:
    async with server(says(**members), audiences=frozenset({"shop"})) as asked:
        with pytest.raises(error):
            await asked.tokens.verify(CREDENTIAL)

        assert asked.tokens.known(CREDENTIAL.digest) is None


async def hangs(service: RawService, connection: Any, head: bytes) -> None:
    del service, head
    await connection.reader.read()


BROKEN = [
    responding(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"),
    responding(b"HTTP/1.1 302 No\r\nlocation: /a\r\ncontent-length: 0\r\n\r\n"),
    responding(ok(b"not JSON")),
    responding(ok(b"[]")),
    responding(ok(b"{}")),
    responding(ok(b'{"active": "true"}')),
    responding(ok(b" " * 70_000)),
    responding(ok(gzip.compress(b" " * 70_000), b"content-encoding: gzip")),
    responding(ok(b"{}", b"content-encoding: gzip")),
    responding(ok(b"{}", b"content-encoding: unknown")),
    responding(b"nonsense\r\n\r\n", closes=True),
    hangs,
]


async def test_large_identities_are_cached_within_a_limit_of_their_size() -> None:
    async with server(says(active=True, sub="ann", notes="x" * 60_000)) as asked:
        credentials = [credential_of(f"token{n}", "192.0.2.1") for n in range(150)]
        for credential in credentials:
            await asked.tokens.verify(credential)

        known = [
            each for each in credentials if asked.tokens.known(each.digest) is not None
        ]

    assert known == credentials[-139:]


@pytest.mark.parametrize("behaviour", BROKEN)
async def test_a_server_that_fails_is_an_error_of_its_own(behaviour: Behaviour) -> None:
    async with server(behaviour, timeout_s=0.3) as asked:
        with pytest.raises(IssuerUnavailable):
            await asked.tokens.verify(CREDENTIAL)


class Named:
    """An authenticator that knows no token, and verifies its own ones only."""

    def __init__(self, name: str) -> None:
        self.method = name

    def known(self, digest: bytes) -> None:
        del digest

    def verify_now(self, credential: Credential) -> None:
        raise LookupError(self.method, credential.text)

    async def verify(self, credential: Credential) -> Any:
        raise LookupError(self.method, credential.text)


@pytest.mark.parametrize(
    ("text", "kind"), [("a.b.c", "jwt"), ("abc", "opaque"), ("a.b", "opaque")]
)
async def test_the_form_of_a_token_chooses_its_authenticator(
    text: str, kind: str
) -> None:
    tokens = BearerTokens(Named("jwt"), Named("opaque"))
    credential = credential_of(text, "")

    assert tokens.known(credential.digest) is None
    with pytest.raises(LookupError, match=kind):
        tokens.verify_now(credential)
    with pytest.raises(LookupError, match=kind):
        await tokens.verify(credential)
