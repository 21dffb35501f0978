"""An issuer over the network: discovery, rotation, outages, and bad documents."""

import asyncio
import gzip
import sys
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from tests.support.credentials import credential_of
from tests.support.oidc_provider import OidcProvider, oidc_provider
from tests.support.tokens import AUDIENCE, rsa_key
from weir.gateway.clock import SystemClock
from weir.gateway.errors import WeirError
from weir.gateway.identity.attempts import AttemptLimits, Attempts
from weir.gateway.identity.jwt import load_keys
from weir.gateway.identity.jwt.algorithms import ASYMMETRIC
from weir.gateway.identity.jwt.issuer import Issuer
from weir.gateway.identity.jwt.keys import KeySet
from weir.gateway.identity.jwt.policy import Discovery, IssuerPolicy, JwksUrl, Keys
from weir.gateway.identity.jwt.tokens import JwtAuthenticator

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

brotli: Any = import_module("brotli")  # ships without types
BOMB_BYTES = 64 * 1024 * 1024
"""Also of the shortest bomb, whose length is below the limit of documents."""


def bomb(coding: str) -> bytes:
    content = b" " * BOMB_BYTES
    match coding:
        case "gzip":
            return gzip.compress(content)
        case "deflate":
            return zlib.compress(content)
        case "br":
            return bytes(brotli.compress(content, quality=3))
        case _:
            return zstd.compress(content)


@asynccontextmanager
async def verifying(
    provider: OidcProvider, keys: Keys | None = None
) -> AsyncIterator[JwtAuthenticator]:
    clock = SystemClock()
    policy = IssuerPolicy(
        name="test",
        issuer=provider.issuer,
        audiences=frozenset({AUDIENCE}),
        keys=keys or Discovery(provider.issuer),
        algorithms=ASYMMETRIC,
    )
    attempts = Attempts(AttemptLimits(verifications_per_s=10_000), clock)
    issuer = Issuer(policy, attempts, clock)
    issuer.share()
    await issuer.source.start()
    try:
        yield JwtAuthenticator([issuer])
    finally:
        await issuer.release()


async def outcome(text: str, verifier: JwtAuthenticator) -> str:
    credential = credential_of(text, "192.0.2.1")
    try:
        identity = verifier.known(credential.digest) or verifier.verify_now(credential)
        return (identity or await verifier.verify(credential)).subject
    except WeirError as error:
        return error.code


async def test_keys_come_from_discovery_before_the_first_request() -> None:
    async with oidc_provider(rsa_key()) as provider, verifying(provider) as verifier:
        assert await outcome(provider.token(), verifier) == "ada"
        assert provider.asked == ["/.well-known/openid-configuration", "/jwks"]


async def test_a_new_key_is_loaded_once_for_all_that_wait_for_it() -> None:
    async with oidc_provider(rsa_key()) as provider, verifying(provider) as verifier:
        provider.keys = [rsa_key(), rsa_key("b")]

        tokens = [provider.token(sub=f"user {number}") for number in range(20)]
        outcomes = await asyncio.gather(*(outcome(each, verifier) for each in tokens))

        assert outcomes == [f"user {number}" for number in range(20)]
        assert provider.loads == 2


async def test_a_key_that_is_published_during_a_load_is_found_by_the_next() -> None:
    async with oidc_provider(rsa_key()) as provider, verifying(provider) as verifier:
        source = verifier.issuers[0].source
        load = source._load  # noqa: SLF001 - delayed below
        assert load is not None
        loaded, released = asyncio.Event(), asyncio.Event()

        async def slow() -> KeySet:
            keys = await load()
            loaded.set()
            await released.wait()
            return keys

        source._load = slow  # noqa: SLF001 - a slow network
        async with asyncio.TaskGroup() as group:
            group.create_task(source.reload())
            await loaded.wait()
            provider.keys = [rsa_key(), rsa_key("b")]
            result = group.create_task(outcome(provider.token(), verifier))
            await asyncio.sleep(0)
            released.set()

        assert result.result() == "ada"


async def test_tokens_of_a_removed_key_are_rejected_once_its_removal_is_known() -> None:
    async with oidc_provider(rsa_key()) as provider, verifying(provider) as verifier:
        old = provider.token()
        assert await outcome(old, verifier) == "ada"
        provider.keys = [rsa_key("b")]
        assert await outcome(provider.token(), verifier) == "ada"

        assert await outcome(old, verifier) == "TOKEN_KEY_UNKNOWN"


async def test_unknown_keys_cause_few_loads() -> None:
    async with oidc_provider(rsa_key()) as provider, verifying(provider) as verifier:
        for number in range(30):
            stranger = replace(provider, keys=[rsa_key("b")])
            text = stranger.token(sub=str(number))
            assert await outcome(text, verifier) == "TOKEN_KEY_UNKNOWN"

        assert provider.loads == 6


BAD = {
    b"<html>": "ISSUER_KEYS_NOT_JSON",
    b'{"keys": 1}': "ISSUER_KEYS_NOT_JSON",
    b'{"keys": []}': "ISSUER_KEYS_UNUSABLE",
    b" " * 10_000_000: "ISSUER_KEYS_TOO_LARGE",
    b'{"keys": [{"kty": "oct", "k": "AAAA"}]}': "ISSUER_KEYS_UNUSABLE",
    b'{"keys": [{"kty": "RSA", "kid": 5}], "issuer": 1}': "ISSUER_KEYS_UNUSABLE",
}


@pytest.mark.parametrize(("body", "code"), BAD.items(), ids=range(len(BAD)))
async def test_each_bad_jwk_set_has_a_code_until_there_are_keys(
    body: bytes, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with oidc_provider(rsa_key()) as provider:
        provider.body = body
        async with verifying(provider, JwksUrl(f"{provider.issuer}/jwks")) as verifier:
            assert await outcome(provider.token(), verifier) == code

            provider.body = None
            assert await outcome(provider.token(), verifier) == "ada"

    assert f"the keys are not loaded: {code}: " in caplog.text


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
async def test_keys_survive_bad_documents_of_their_issuer(body: bytes) -> None:
    async with oidc_provider(rsa_key()) as provider, verifying(provider) as verifier:
        provider.body = body
        await verifier.issuers[0].source.reload()

        assert await outcome(provider.token(), verifier) == "ada"


async def test_without_keys_a_token_is_not_wrong_but_cannot_be_verified() -> None:
    async with oidc_provider(rsa_key()) as provider:
        provider.status = 500
        async with verifying(provider) as verifier:
            assert await outcome(provider.token(), verifier) == "ISSUER_UNAVAILABLE"

            provider.status = 200
            assert await outcome(provider.token(), verifier) == "ada"


async def test_an_issuer_that_hangs_delays_no_token_of_a_known_key() -> None:
    async with oidc_provider(rsa_key()) as provider, verifying(provider) as verifier:
        provider.hangs = True
        stranger = replace(provider, keys=[rsa_key("b")])
        waiting = asyncio.create_task(outcome(stranger.token(), verifier))
        await asyncio.sleep(0)

        known = verifier.verify_now(credential_of(provider.token(), "192.0.2.1"))

        assert known is not None
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_an_issuer_that_hangs_has_a_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load_keys, "LOAD_TIMEOUT_S", 0.1)
    async with oidc_provider(rsa_key()) as provider:
        provider.hangs = True
        async with verifying(provider) as verifier:
            assert await outcome(provider.token(), verifier) == "ISSUER_KEYS_TIMEOUT"


async def test_the_metadata_of_another_issuer_is_not_used() -> None:
    async with oidc_provider(rsa_key()) as provider:
        metadata = b'{"issuer": "https://evil.test", "jwks_uri": "https://evil.test/k"}'
        provider.body = metadata
        async with verifying(provider) as verifier:
            assert await outcome(provider.token(), verifier) == "ISSUER_UNAVAILABLE"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
async def test_keys_that_decode_to_too_much_are_decoded_up_to_the_limit_only(
    coding: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with oidc_provider(rsa_key()) as provider:
        provider.coding, provider.body = coding, bomb(coding)
        tracemalloc.start()
        try:
            async with verifying(provider) as verifier:
                code = await outcome(provider.token(), verifier)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert code == "ISSUER_KEYS_TOO_LARGE"
    assert "the body decodes to more than 1048576 bytes" in caplog.text
    assert peak < BOMB_BYTES / 4


async def test_encoded_documents_are_decoded() -> None:
    async with oidc_provider(rsa_key()) as provider:
        document = provider.document

        def compressed(path: str) -> bytes:
            return gzip.compress(document(path))

        provider.coding = "gzip"
        provider.document = compressed  # type: ignore[method-assign]
        async with verifying(provider) as verifier:
            assert await outcome(provider.token(), verifier) == "ada"


async def test_a_host_name_that_cannot_exist_ends_neither_the_start_nor_the_timer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with oidc_provider(rsa_key()) as provider:
        provider.jwks_uri = f"https://{'a' * 64}.test/jwks"
        async with verifying(provider) as verifier:
            assert await outcome(provider.token(), verifier) == "ISSUER_UNAVAILABLE"
            provider.jwks_uri = ""
            assert await outcome(provider.token(), verifier) == "ada"

    assert "the keys are not loaded" in caplog.text
