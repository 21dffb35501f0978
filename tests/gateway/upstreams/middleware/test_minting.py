"""The tokens of one rule: reused for a caller, renewed in time, bounded."""

from dataclasses import replace

import orjson

from tests.support.fake_clock import FakeClock
from weir.gateway.context import Identity
from weir.gateway.json_types import JSONObject
from weir.gateway.upstreams.middleware import minting
from weir.gateway.upstreams.middleware.minting import TokenMint
from weir.gateway.upstreams.model.token_rule import TokenRule

ANN = Identity(method="jwt", subject="ann", issuer="a", scopes=frozenset({"s"}))


class Plain:
    """Writes claims as JSON, and counts."""

    def __init__(self) -> None:
        self.signed = 0

    def sign(self, claims: JSONObject) -> str:
        self.signed += 1
        return orjson.dumps(claims).decode()


def mint(signer: Plain, clock: FakeClock) -> TokenMint:
    rule = TokenRule(audience="shop", issuer="gw", lifetime_s=60, signer=signer)
    return TokenMint(rule, clock)


def test_a_token_is_reused_for_half_of_its_lifetime() -> None:
    signer, clock = Plain(), FakeClock()
    tokens = mint(signer, clock)

    first = tokens.field_value(ANN)
    clock.advance(29)
    again = tokens.field_value(ANN)
    clock.advance(2)
    renewed = tokens.field_value(ANN)

    assert first == again != renewed
    assert signer.signed == 2


def test_callers_who_differ_in_a_claim_have_different_tokens() -> None:
    signer = Plain()
    tokens = mint(signer, FakeClock())
    callers = [
        ANN,
        replace(ANN, subject="bob"),
        replace(ANN, issuer="b"),
        replace(ANN, client_id="app"),
        replace(ANN, scopes=frozenset()),
        replace(ANN, roles=frozenset({"r"})),
        replace(ANN, method="api_key"),
    ]

    assert len({tokens.field_value(each) for each in callers}) == len(callers)


def test_a_scope_that_would_be_read_as_two_is_left_out() -> None:
    caller = replace(ANN, scopes=frozenset({"read", "read admin"}))

    value = mint(Plain(), FakeClock()).field_value(caller)

    assert orjson.loads(value.removeprefix(b"Bearer "))["scope"] == "read"


def test_the_number_of_tokens_is_bounded() -> None:
    signer = Plain()
    tokens = mint(signer, FakeClock())
    most = minting._MAX_TOKENS  # noqa: SLF001 - the bound

    for index in range(most + 1):
        tokens.field_value(replace(ANN, subject=str(index)))
    tokens.field_value(replace(ANN, subject=str(most)))
    assert signer.signed == most + 1
    tokens.field_value(replace(ANN, subject="0"))
    assert signer.signed == most + 2
