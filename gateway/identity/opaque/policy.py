"""The configuration of token introspection, as a frozen value."""

from dataclasses import dataclass, field

from weir.gateway.identity.completion import Grants


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectionPolicy:
    """An introspection endpoint, and the gateway's own credentials for it.

    A token must have one of `audiences` in `aud`, if there are any. Its identity is
    cached for `cache_s` at most. `scopes` and `roles` are the members of a response
    that are read as such.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    audiences: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ("scope",)
    roles: tuple[str, ...] = ("roles",)
    cache_s: float = 60.0
    timeout_s: float = 2.0
    grants: Grants = field(default_factory=Grants)
