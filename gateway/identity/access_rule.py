"""The rule of a route: the callers that it admits."""

from dataclasses import dataclass

from weir.gateway.context import Identity
from weir.gateway.errors import Forbidden, Unauthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRule:
    """Everything that a caller needs; an empty requirement admits all callers.

    `scopes` is an OR of ANDs: one of the sets is enough. One of `roles` is enough. All
    `policies` must allow the caller. `authenticated` requires a verified credential, as
    scopes and roles do by themselves.
    """

    authenticated: bool = False
    scopes: frozenset[frozenset[str]] = frozenset()
    roles: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()

    @property
    def restricts(self) -> bool:
        """Whether some callers are not admitted."""
        return bool(self.authenticated or self.scopes or self.roles or self.policies)

    def check(self, identity: Identity) -> None:
        """Raise Unauthenticated or Forbidden for a caller that is not admitted.

        `policies` are decided elsewhere, as they may have to wait.
        """
        if not identity.method and (self.authenticated or self.scopes or self.roles):
            raise Unauthenticated
        if self.scopes and not any(each <= identity.scopes for each in self.scopes):
            ways = sorted(" and ".join(sorted(each)) for each in self.scopes)
            smallest = min((sorted(each) for each in self.scopes), key=len)
            detail = f"Required scopes: {', or '.join(ways)}."
            raise Forbidden(detail, scopes=tuple(smallest))
        if self.roles and self.roles.isdisjoint(identity.roles):
            detail = f"One of these roles is required: {', '.join(sorted(self.roles))}."
            raise Forbidden(detail)
