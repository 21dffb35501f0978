"""Reading verified claims: frozen values, scopes and roles at configured paths."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from weir.gateway.claim_path import claim_at
from weir.gateway.json_types import JSONValue, is_list, is_object, is_sequence

_MAX_DEPTH: Final = 16


class ClaimsTooDeep(ValueError):
    """Claims that are nested deeper than sixteen levels."""


def frozen_claims(claims: Mapping[str, JSONValue]) -> Mapping[str, JSONValue]:
    """Return the claims as read-only mappings and tuples; raise ClaimsTooDeep."""
    return MappingProxyType({key: _frozen(each, 1) for key, each in claims.items()})


def _frozen(value: JSONValue, depth: int) -> JSONValue:
    if depth > _MAX_DEPTH:
        raise ClaimsTooDeep
    if is_object(value):
        return MappingProxyType(
            {key: _frozen(each, depth + 1) for key, each in value.items()}
        )
    if is_list(value):
        return tuple(_frozen(each, depth + 1) for each in value)
    return value


def names_at(claims: Mapping[str, JSONValue], paths: Iterable[str]) -> frozenset[str]:
    """Return the names at all `paths`: a text separated by spaces, or a list of texts.

    The text form is that of `scope` in RFC 8693 §4.2. Only U+0020 separates: an issuer
    takes `a` and `admin` with another space between them for one harmless name.
    """
    found: set[str] = set()
    for path in paths:
        value = claim_at(claims, path)
        if isinstance(value, str):
            found.update(each for each in value.split(" ") if each)
        elif is_sequence(value):
            found.update(each for each in value if isinstance(each, str))
    return frozenset(found)
