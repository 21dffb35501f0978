"""A token before it is verified: nothing in it may be believed yet."""

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Final

import orjson

from weir.gateway.identity.errors import TokenMalformed, TokenTypeNotAllowed
from weir.gateway.json_types import JSONObject, is_object

_PARTS: Final = 3
_MAX_NAME: Final = 1024
_TYPES: Final = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
"""RFC 9068 §2.1 and RFC 8725 §3.11: tokens of other types are for other uses."""


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """The parts of a token by which the way to verify it is chosen."""

    text: str
    algorithm: str
    kid: str
    issuer: str
    claims: JSONObject


def read_token(text: str) -> UnverifiedToken:
    """Read the parts of a token; raise TokenMalformed or TokenTypeNotAllowed.

    The header fields `jku`, `jwk` and `x5u` have no effect: a token does not choose
    where its key comes from.
    """
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise TokenMalformed
    header, claims = _object(parts[0]), _object(parts[1])
    if "crit" in header or "b64" in header:
        # RFC 7515 §4.1.11: extensions that are not understood must be rejected.
        detail = "The token has critical header fields that are not supported."
        raise TokenMalformed(detail)
    if _name(header, "typ").lower() not in _TYPES:
        raise TokenTypeNotAllowed
    return UnverifiedToken(
        text=text,
        algorithm=_name(header, "alg"),
        kid=_name(header, "kid"),
        issuer=_name(claims, "iss"),
        claims=claims,
    )


def _object(part: str) -> JSONObject:
    try:
        decoded = orjson.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError as error:
        raise TokenMalformed from error
    if not is_object(decoded):
        raise TokenMalformed
    return decoded


def _name(values: JSONObject, key: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str) or len(value) > _MAX_NAME:
        raise TokenMalformed
    return value
