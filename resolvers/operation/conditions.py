"""Conditions of `@skip` and `@include` as values.

A condition is a disjunction of conjunctions of literals (variable, wanted value). The
empty tuple means "always". There is no value for "never": normalisation drops
selections that never apply.
"""

from collections.abc import Iterable
from typing import TypeAlias

from graphql import BooleanValueNode, DirectiveNode, VariableNode

from weir.gateway.json_types import JSONObject

Literal: TypeAlias = tuple[str, bool]
Conjunction: TypeAlias = tuple[Literal, ...]
Condition: TypeAlias = tuple[Conjunction, ...]

ALWAYS: Condition = ()
_MAX_ALTERNATIVES = 16
_MAX_LITERALS = 16
"""The rest of a longer conjunction is dropped: a wider condition is correct too."""


def both(condition: Condition, literals: Conjunction) -> Condition | None:
    """Restrict a condition by literals. Return None if they contradict each other."""
    if not literals:
        return condition
    wider = [
        joined
        for conjunction in condition or ((),)
        if (joined := _join(conjunction, literals)) is not None
    ]
    return either_of(wider) if wider else None


def either(one: Condition, other: Condition) -> Condition:
    """Return the condition that holds if one of the two holds."""
    if one == other:
        return one
    if not one or not other:
        return ALWAYS
    return either_of((*one, *other))


def either_of(conjunctions: Iterable[Conjunction]) -> Condition:
    """Return the simplest condition for "any of these".

    It is "always" if the result would be too large. Fetching too much is correct.
    """
    sets = {frozenset(conjunction) for conjunction in conjunctions}
    while (simpler := _without_opposites(sets)) != sets:
        sets = simpler
    if frozenset() in sets or len(sets) > _MAX_ALTERNATIVES:
        return ALWAYS
    minimal = [one for one in sets if not any(other < one for other in sets)]
    return tuple(sorted(tuple(sorted(conjunction)) for conjunction in minimal))


def given(condition: Condition, known: Conjunction) -> Condition:
    """Simplify a condition where some literals are known to hold."""
    if not known or not condition:
        return condition
    held = frozenset(known)
    opposed = frozenset((name, not value) for name, value in known)
    left = [
        tuple(literal for literal in conjunction if literal not in held)
        for conjunction in condition
        if not opposed.intersection(conjunction)
    ]
    return either_of(left) if left else condition


def is_wanted(condition: Condition, variables: JSONObject) -> bool:
    """Return whether a condition holds; the empty one always does."""
    return not condition or any(
        all(variables.get(name) is wanted for name, wanted in every)
        for every in condition
    )


def literals_of(directives: Iterable[DirectiveNode] | None) -> Conjunction | None:
    """Return the literals of `@skip` and `@include`, or None for "never"."""
    literals: list[Literal] = []
    for directive in directives or ():
        if directive.name.value not in {"skip", "include"}:
            continue
        wanted = directive.name.value == "include"
        value = directive.arguments[0].value if directive.arguments else None
        if isinstance(value, VariableNode):
            literals.append((value.name.value, wanted))
        elif isinstance(value, BooleanValueNode) and value.value != wanted:
            return None
    return _join((), tuple(literals))


def _join(one: Conjunction, other: Conjunction) -> Conjunction | None:
    joined = frozenset(one) | frozenset(other)
    if any((name, not value) in joined for name, value in joined):
        return None
    return tuple(sorted(joined)[:_MAX_LITERALS])


def _without_opposites(sets: set[frozenset[Literal]]) -> set[frozenset[Literal]]:
    """Replace (a and x) or (a and not x) by a."""
    for one in sorted(sets, key=sorted):
        for name, value in sorted(one):
            opposite = one - {(name, value)} | {(name, not value)}
            if opposite in sets:
                return sets - {one, opposite} | {one - {(name, value)}}
    return sets
