"""The last step of every identity: the scopes of its roles, and its cache partition."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

import orjson

from weir.gateway.context import Identity
from weir.gateway.json_types import is_mapping

_OF_ONE_TOKEN: Final = frozenset({"exp", "iat", "nbf", "jti"})
"""Claims that differ between two tokens of the same caller with the same rights."""


@dataclass(frozen=True, slots=True)
class Grants:
    """The scopes that roles grant."""

    by_role: tuple[tuple[str, frozenset[str]], ...] = ()

    def complete(self, identity: Identity) -> Identity:
        """Return the identity with granted scopes and with its cache partition.

        Identities have the same partition only if they differ in nothing but the times
        and the id of their tokens.
        """
        scopes = identity.scopes.union(
            *(scopes for role, scopes in self.by_role if role in identity.roles)
        )
        granted = replace(identity, scopes=scopes)
        return replace(granted, cache_partition=_partition(granted))


def _partition(identity: Identity) -> str:
    claims = {
        name: value
        for name, value in identity.claims.items()
        if name not in _OF_ONE_TOKEN
    }
    parts = (
        identity.method,
        identity.issuer,
        identity.subject,
        identity.client_id,
        sorted(identity.scopes),
        sorted(identity.roles),
        claims,
    )
    text = orjson.dumps(
        parts, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    )
    return sha256(text).hexdigest()[:32]


def _plain(value: object) -> object:
    if is_mapping(value):
        return dict(value)
    raise TypeError
