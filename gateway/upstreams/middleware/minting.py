"""Tokens of the gateway, which name the caller of a request to one service.

A token is reused for the same caller until half of its lifetime is over. So calls of
one caller have equal fields and may share responses, and a token that was just sent is
valid for at least half of the lifetime.
"""

from collections import OrderedDict
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import Identity
from weir.gateway.json_types import JSONObject
from weir.gateway.upstreams.model.identity_field import joined
from weir.gateway.upstreams.model.token_rule import TokenRule

_MAX_TOKENS: Final = 10_000


class TokenMint:
    """The signed tokens of one rule, reused while they are valid."""

    __slots__ = ("_clock", "_rule", "_tokens")

    def __init__(self, rule: TokenRule, clock: Clock) -> None:
        self._rule = rule
        self._clock = clock
        self._tokens: OrderedDict[object, tuple[bytes, float]] = OrderedDict()

    def field_value(self, caller: Identity) -> bytes:
        """Return the value of `Authorization` for a caller."""
        now_s = self._clock.epoch_s()
        key = _named(caller)
        known = self._tokens.get(key)
        if known is not None and now_s < known[1]:
            self._tokens.move_to_end(key)
            return known[0]
        token = self._rule.signer.sign(self._claims(caller, int(now_s)))
        value = f"Bearer {token}".encode()
        self._tokens[key] = value, int(now_s) + self._rule.lifetime_s / 2
        self._tokens.move_to_end(key)
        if len(self._tokens) > _MAX_TOKENS:
            self._tokens.popitem(last=False)
        return value

    def _claims(self, caller: Identity, now_s: int) -> JSONObject:
        """Return the claims of RFC 9068 §2.2, and `idp`, the issuer of the caller.

        Two issuers may have the same subject.
        """
        rule = self._rule
        claims: JSONObject = {
            "iss": rule.issuer,
            "aud": rule.audience,
            "sub": caller.subject,
            "iat": now_s,
            "exp": now_s + rule.lifetime_s,
            "scope": joined(caller.scopes, " "),
            "roles": sorted(caller.roles),
            "auth_method": caller.method,
        }
        if caller.client_id:
            claims["client_id"] = caller.client_id
        if caller.issuer:
            claims["idp"] = caller.issuer
        return claims


def _named(caller: Identity) -> object:
    """Return all that the token of a caller has."""
    return (
        caller.method,
        caller.issuer,
        caller.subject,
        caller.client_id,
        caller.scopes,
        caller.roles,
    )
