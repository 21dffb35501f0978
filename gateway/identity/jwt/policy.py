"""The configuration of an issuer of tokens, as frozen values."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from weir.gateway.identity.completion import Grants

ClaimPath: TypeAlias = str
"""The name of a claim, or a path such as `realm_access.roles`."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The keys that the metadata of an issuer names (OpenID Connect Discovery §4)."""

    issuer: str


@dataclass(frozen=True, slots=True)
class JwksUrl:
    """The keys of a JWK Set (RFC 7517 §5) at a URL."""

    url: str


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of a file: a JWK Set, or public keys or certificates in PEM."""

    file: Path


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """A secret that the issuer shares with the gateway."""

    secret: bytes


Keys: TypeAlias = Discovery | JwksUrl | KeyFile | SharedSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerPolicy:
    """An issuer: its tokens carry `issuer` in `iss`, and one of `audiences` in `aud`.

    `scopes` and `roles` are the claims that are read as such. `refresh_s` is the time
    between two loads of the keys. Times may be off by `leeway_s`.
    """

    name: str
    issuer: str
    audiences: frozenset[str]
    keys: Keys
    algorithms: frozenset[str]
    scopes: tuple[ClaimPath, ...] = ("scope", "scp")
    roles: tuple[ClaimPath, ...] = ("roles",)
    leeway_s: float = 30.0
    expiry_required: bool = True
    refresh_s: float = 300.0
    grants: Grants = field(default_factory=Grants)
