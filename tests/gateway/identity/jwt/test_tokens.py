"""Tokens made by another library: each is accepted, or rejected with its own code."""

import base64
import hmac
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.credentials import credential_of
from tests.support.fake_clock import FakeClock
from tests.support.tokens import (
    AUDIENCE,
    ISSUER,
    NOW,
    SECRET,
    Key,
    claims,
    ec_key,
    ed_key,
    jwks,
    rsa_key,
    secret_key,
    token,
)
from weir.gateway.context import Identity
from weir.gateway.errors import WeirError
from weir.gateway.identity.attempts import AttemptLimits, Attempts
from weir.gateway.identity.completion import Grants
from weir.gateway.identity.errors import TokenAudienceWrong
from weir.gateway.identity.jwt.algorithms import ASYMMETRIC, SYMMETRIC
from weir.gateway.identity.jwt.issuer import Issuer
from weir.gateway.identity.jwt.keys import read_jwks
from weir.gateway.identity.jwt.policy import (
    IssuerPolicy,
    JwksUrl,
    SharedSecret,
)
from weir.gateway.identity.jwt.tokens import JwtAuthenticator
from weir.gateway.upstreams.model.identity_field import IdentityField

POLICY = IssuerPolicy(
    name="test",
    issuer=ISSUER,
    audiences=frozenset({AUDIENCE}),
    keys=JwksUrl("https://unused.test"),
    algorithms=ASYMMETRIC,
)


def clock_at(epoch_s: float) -> FakeClock:
    clock = FakeClock()
    clock.set_wall_clock(epoch_s - clock.epoch_s())
    return clock


def authenticator(
    *keys: Key, policy: IssuerPolicy = POLICY, limits: AttemptLimits | None = None
) -> JwtAuthenticator:
    clock = clock_at(NOW)
    issuer = Issuer(policy, Attempts(limits or AttemptLimits(), clock), clock)
    if keys:
        issuer.source.keys = read_jwks(json.dumps(jwks(*keys)).encode())
    return JwtAuthenticator([issuer])


def verify(text: str, verifier: JwtAuthenticator) -> Identity | str:
    try:
        identity = verifier.verify_now(credential_of(text, "192.0.2.1"))
    except WeirError as error:
        return error.code
    return identity or "waits for the keys"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        *((rsa_key(), each) for each in ("RS256", "RS512", "PS256", "PS384")),
        (ec_key(), "ES256"),
        (ec_key("p384", "P-384"), "ES384"),
        (ec_key("p521", "P-521"), "ES512"),
        (ed_key(), "EdDSA"),
    ],
    ids=lambda each: each if isinstance(each, str) else each["kid"],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_a_signature_of_another_library_is_accepted(key: Key, algorithm: str) -> None:
    identity = verify(token(key, algorithm), authenticator(key))

    assert isinstance(identity, Identity)
    assert (identity.method, identity.subject) == ("jwt", "ada")
    assert identity.issuer == ISSUER


@pytest.mark.parametrize(
    "changes", [{"exp": NOW - 29}, {"nbf": NOW + 30}, {"iat": NOW + 30}, {"nbf": NOW}]
)
def test_clocks_may_differ_by_half_a_minute(changes: dict[str, int]) -> None:
    text = token(rsa_key(), "RS256", claims(**changes))

    assert isinstance(verify(text, authenticator(rsa_key())), Identity)


def test_a_shared_secret_verifies_the_algorithms_that_it_is_long_enough_for() -> None:
    policy = replace(POLICY, keys=SharedSecret(SECRET.encode()), algorithms=SYMMETRIC)
    verifier = authenticator(policy=policy)

    assert isinstance(verify(token(secret_key(), "HS256"), verifier), Identity)
    assert verify(token(secret_key(), "HS512"), verifier) == (
        "TOKEN_ALGORITHM_NOT_ALLOWED"
    )


def unsigned(header: dict[str, Any], content: dict[str, Any]) -> str:
    parts = (
        base64.urlsafe_b64encode(json.dumps(each).encode())
        for each in (header, content)
    )
    return b".".join([*(each.rstrip(b"=") for each in parts), b""]).decode()


def confused() -> str:
    """A token whose HMAC has the public key as its secret; joserfc makes none."""
    signed = unsigned({"alg": "HS256", "kid": "rsa"}, claims()).rstrip(".")
    pem = rsa_key().as_pem(private=False)
    mac = hmac.new(pem, signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


WRONG_CLAIMS: list[tuple[str, dict[str, Any], str]] = [
    ("expired", {"exp": NOW - 30}, "TOKEN_EXPIRED"),
    ("early", {"nbf": NOW + 31}, "TOKEN_NOT_YET_VALID"),
    ("issued later", {"iat": NOW + 31}, "TOKEN_NOT_YET_VALID"),
    ("no expiry", {"exp": None}, "TOKEN_CLAIM_INVALID"),
    ("a text as expiry", {"exp": "9999999999"}, "TOKEN_CLAIM_INVALID"),
    ("true as expiry", {"exp": True}, "TOKEN_CLAIM_INVALID"),
    ("a huge expiry", {"exp": 1e300}, "TOKEN_CLAIM_INVALID"),
    ("another audience", {"aud": "other"}, "TOKEN_AUDIENCE_WRONG"),
    ("other audiences", {"aud": ["x", "y"]}, "TOKEN_AUDIENCE_WRONG"),
    ("no audience", {"aud": None}, "TOKEN_CLAIM_INVALID"),
    ("another issuer", {"iss": "https://evil"}, "TOKEN_ISSUER_UNKNOWN"),
    ("no issuer", {"iss": None}, "TOKEN_ISSUER_UNKNOWN"),
    ("a list as the issuer", {"iss": [ISSUER]}, "TOKEN_MALFORMED"),
]
REJECTED: list[tuple[str, str, str]] = [
    ("two parts", "a.b", "TOKEN_MALFORMED"),
    ("no JSON", "YQ.YQ.YQ", "TOKEN_MALFORMED"),
    ("a list as the header", "W10.e30.YQ", "TOKEN_MALFORMED"),
    ("no algorithm", unsigned({}, claims()), "TOKEN_ALGORITHM_NOT_ALLOWED"),
    ("none", unsigned({"alg": "none"}, claims()), "TOKEN_ALGORITHM_NOT_ALLOWED"),
    ("None", unsigned({"alg": "None"}, claims()), "TOKEN_ALGORITHM_NOT_ALLOWED"),
    (
        "the public key as a secret",
        confused(),
        "TOKEN_ALGORITHM_NOT_ALLOWED",
    ),
    (
        "an algorithm of another kind of key",
        token(ec_key(), "ES256", kid="rsa"),
        "TOKEN_ALGORITHM_NOT_ALLOWED",
    ),
    ("another key", token(rsa_key("b"), "RS256", kid="rsa"), "TOKEN_SIGNATURE_INVALID"),
    ("an unknown key", token(rsa_key("b"), "RS256"), "waits for the keys"),
    ("crit", unsigned({"alg": "RS256", "crit": ["x"]}, claims()), "TOKEN_MALFORMED"),
    (
        "a logout token",
        token(rsa_key(), "RS256", typ="logout+jwt"),
        "TOKEN_TYPE_NOT_ALLOWED",
    ),
    *(
        (name, token(rsa_key(), "RS256", claims(**changes)), code)
        for name, changes, code in WRONG_CLAIMS
    ),
    (
        "infinity",
        token(rsa_key(), "RS256", json.dumps(claims(exp=float("inf"))).encode()),
        "TOKEN_MALFORMED",
    ),
    (
        "deep claims",
        token(rsa_key(), "RS256", claims(deep=json.loads("[" * 40 + "]" * 40))),
        "TOKEN_MALFORMED",
    ),
]


@pytest.mark.parametrize(
    ("text", "code"),
    [(text, code) for _, text, code in REJECTED],
    ids=[name for name, _, _ in REJECTED],
)
def test_a_wrong_token_has_a_code_of_its_own(text: str, code: str) -> None:
    assert verify(text, authenticator(rsa_key(), ec_key())) == code


@pytest.mark.parametrize("change", range(0, 600, 37))
def test_no_change_of_a_token_is_accepted(change: int) -> None:
    text = token(rsa_key(), "RS256")
    place = change % len(text)
    other = "A" if text[place] != "A" else "B"
    changed = text[:place] + other + text[place + 1 :]

    # The last character of a part may have bits that count for nothing.
    if place + 1 < len(text) and text[place + 1] != "." and text[place] != ".":
        assert isinstance(verify(changed, authenticator(rsa_key())), str)


@pytest.mark.parametrize(
    ("content", "scopes", "roles"),
    [
        ({"scope": "read write"}, {"read", "write"}, set[str]()),
        ({"scp": ["read"], "scope": "write"}, {"read", "write"}, set[str]()),
        ({"scope": " a  b\u00a0admin c\tadmin"}, {"a", "b\u00a0admin", "c\tadmin"}, ()),
        ({"scope": 5, "roles": {"a": 1}}, set[str](), set[str]()),
        ({"realm_access": {"roles": ["admin", 5]}}, set[str](), {"admin"}),
        ({"https://x.test/roles": ["editor"]}, {"titles:edit"}, {"editor"}),
    ],
)
def test_scopes_and_roles_are_read_where_they_are_configured(
    content: dict[str, Any], scopes: Iterable[str], roles: Iterable[str]
) -> None:
    policy = replace(
        POLICY,
        roles=("realm_access.roles", "https://x.test/roles", "roles"),
        grants=Grants((("editor", frozenset({"titles:edit"})),)),
    )
    text = token(rsa_key(), "RS256", claims(**content))

    identity = verify(text, authenticator(rsa_key(), policy=policy))

    assert isinstance(identity, Identity)
    assert identity.scopes == frozenset(scopes)
    assert identity.roles == frozenset(roles)


def test_claims_cannot_be_changed() -> None:
    text = token(rsa_key(), "RS256", claims(a={"b": [1]}))
    identity = verify(text, authenticator(rsa_key()))

    assert isinstance(identity, Identity)
    with pytest.raises(TypeError):
        identity.claims["a"]["b"] = 2
    assert identity.claims["a"]["b"] == (1,)


def test_a_verified_token_is_known_until_its_key_leaves() -> None:
    verifier = authenticator(rsa_key(), ec_key())
    first, second = (
        credential_of(token(key, algorithm), "192.0.2.1")
        for key, algorithm in ((rsa_key(), "RS256"), (ec_key(), "ES256"))
    )
    assert verifier.known(first.digest) is None
    for each in (first, second):
        verifier.verify_now(each)
    assert verifier.known(first.digest)

    source = verifier.issuers[0].source
    source.on_change(read_jwks(json.dumps(jwks(ec_key())).encode()))

    assert verifier.known(first.digest) is None
    assert verifier.known(second.digest)


def test_signatures_are_limited_before_they_are_checked() -> None:
    verifier = authenticator(rsa_key(), limits=AttemptLimits(verifications_per_s=1))
    wrong = token(rsa_key("b"), "RS256", kid="rsa")

    outcomes = [verify(wrong, verifier) for _ in range(3)]

    assert outcomes == [*["TOKEN_SIGNATURE_INVALID"] * 2, "TOO_MANY_ATTEMPTS"]


def test_a_token_is_tried_against_the_issuer_that_it_names_alone() -> None:
    clock = clock_at(NOW)
    attempts = Attempts(AttemptLimits(), clock)
    other = replace(POLICY, issuer="https://other.test")
    issuers = [Issuer(each, attempts, clock) for each in (POLICY, other)]
    for issuer, key in zip(issuers, (rsa_key(), rsa_key("b")), strict=True):
        issuer.source.keys = read_jwks(json.dumps(jwks(key)).encode())
    verifier = JwtAuthenticator(issuers)

    assert isinstance(verify(token(rsa_key(), "RS256"), verifier), Identity)
    foreign = token(rsa_key(), "RS256", claims(iss="https://other.test"))
    assert verify(foreign, verifier) == "waits for the keys"


def test_a_claim_may_be_an_integer_of_any_size() -> None:
    text = token(rsa_key(), "RS256", claims(number=2**70, numbers=[{"n": -(2**70)}]))

    identity = verify(text, authenticator(rsa_key()))

    assert isinstance(identity, Identity)
    assert identity.claims["number"] == float(2**70)
    field = IdentityField(b"x-n", "claims.number")
    assert field.value(identity) == b"1.1805916207174113e+21"


def test_a_token_for_another_audience_names_those_that_are_accepted() -> None:
    error = TokenAudienceWrong({"shop", "account"})

    assert error.detail == (
        "The token is for another audience: `aud` needs account or shop."
    )
