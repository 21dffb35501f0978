"""The access requirements of `@authenticated`, `@requiresScopes` and `@policy`.

Scopes and policies are in disjunctive normal form: a caller needs all members of one of
the sets. Several requirements at once are again one requirement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from graphql import ListValueNode, ValueNode

from weir.schema.model.values import strings

Alternatives: TypeAlias = "frozenset[frozenset[str]]"
"""Scopes or policies in disjunctive normal form: any of the sets, all its members."""

ALWAYS: Alternatives = frozenset({frozenset()})


def alternatives(value: ValueNode | None) -> Alternatives:
    """Read `[["a", "b"], ["c"]]`. A missing or empty list requires nothing."""
    if not isinstance(value, ListValueNode) or not value.values:
        return ALWAYS
    return simplified(frozenset(strings(each)) for each in value.values)


def conjunction(one: Alternatives, other: Alternatives) -> Alternatives:
    """Return both requirements at once."""
    return simplified(left | right for left, right in product(one, other))


def simplified(sets: Iterable[frozenset[str]]) -> Alternatives:
    """Return the alternatives without those that require more than another one."""
    unique = frozenset(sets)
    return frozenset(
        each for each in unique if not any(other < each for other in unique)
    )


@dataclass(frozen=True, slots=True)
class AccessRequirement:
    """A requirement for a caller: be authenticated, have scopes, satisfy policies."""

    authenticated: bool = False
    scopes: Alternatives = ALWAYS
    policies: Alternatives = ALWAYS

    def and_also(self, other: "AccessRequirement") -> "AccessRequirement":
        """Return both requirements at once."""
        if self.implies(other):
            return self
        return AccessRequirement(
            self.authenticated or other.authenticated,
            conjunction(self.scopes, other.scopes),
            conjunction(self.policies, other.policies),
        )

    def implies(self, other: "AccessRequirement") -> bool:
        """Return whether each caller that fulfils this one fulfils the other one."""
        return (
            (self.authenticated or not other.authenticated)
            and _imply(self.scopes, other.scopes)
            and _imply(self.policies, other.policies)
        )


UNRESTRICTED = AccessRequirement()
"""The requirement that every caller fulfils."""


def _imply(own: Alternatives, needed: Alternatives) -> bool:
    return all(any(need <= each for need in needed) for each in own)
