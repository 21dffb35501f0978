"""Explanations of a routing decision: for each rule, the reason why it won or lost.

The winner is found here by comparing all rules, one criterion after the other. The
index finds it without a comparison; a test holds that both agree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.matching.hosts import host_of, patterns_of
from weir.gateway.routes.matching.path import segments_of
from weir.gateway.routes.matching.pattern import PathPattern
from weir.gateway.routes.matching.rule import Rule

Criterion: TypeAlias = Callable[[Rule, Sequence[str]], tuple[int, ...]]
"""A function of a rule and the host patterns of a request: the largest value wins."""

_CRITERIA: Final[tuple[tuple[str, Criterion], ...]] = (
    ("has a more specific host", lambda rule, hosts: (-_host_rank(rule, hosts),)),
    ("matches the whole path", lambda rule, _: (not rule.path.is_prefix,)),
    ("has a longer path", lambda rule, _: (rule.path.depth,)),
    (
        "has a literal segment before a parameter",
        lambda rule, _: tuple(literal is not None for literal in rule.path.shape),
    ),
    (
        "has more regular expressions for parameters",
        lambda rule, _: (len(rule.segments),),
    ),
    ("names methods", lambda rule, _: (bool(rule.methods),)),
    ("has more header conditions", lambda rule, _: (len(rule.conditions.headers),)),
    ("has more query conditions", lambda rule, _: (len(rule.conditions.query),)),
    ("has more cookie conditions", lambda rule, _: (len(rule.conditions.cookies),)),
    (
        "has a condition in CEL",
        lambda rule, _: (rule.conditions.expression is not None,),
    ),
)


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule, whether it gets the request, and the reason if it does not."""

    rule: Rule
    wins: bool
    reason: str = ""


def explain(
    rules: Sequence[Rule], owners: Mapping[str, PathPattern], head: RequestHead
) -> tuple[Explained, ...]:
    """Explain each rule, in the order of the configuration.

    `owners` have the paths that belong to façades or to the gateway, by their owner.
    """
    segments = segments_of(head.path)
    hosts = tuple(patterns_of(host_of(head.headers.get(b"host", b""))))
    reasons = [_mismatch(rule, owners, head, segments, hosts) for rule in rules]
    fitting = [rule for rule, reason in zip(rules, reasons, strict=True) if not reason]
    winner = _winner(fitting, hosts)
    return tuple(
        Explained(rule, rule is winner, reason or _loss(rule, winner, hosts))
        for rule, reason in zip(rules, reasons, strict=True)
    )


def owner(owners: Mapping[str, PathPattern], path: str) -> str:
    """Return the owner of a path, or ""."""
    segments = segments_of(path)[1:]
    found = (
        (pattern.depth, name)
        for name, pattern in owners.items()
        if pattern.matches(segments)
    )
    return max(found, default=(0, ""))[1]


def _mismatch(
    rule: Rule,
    owners: Mapping[str, PathPattern],
    head: RequestHead,
    segments: Sequence[str],
    hosts: Sequence[str],
) -> str:
    if rule.hosts and not set(rule.hosts) & set(hosts):
        return f"the host is not {' or '.join(rule.hosts)}"
    if reason := _path_mismatch(rule, segments):
        return reason
    owned = owner(owners, head.path)
    if owned and not rule.hosts and not rule.path.is_below(owners[owned].shape):
        return f"the path belongs to {owned}"
    if unmet := rule.conditions.unmet(head):
        return unmet
    if head.method not in rule.served:
        return f"the method is not {' or '.join(sorted(rule.served))}"
    return ""


def _path_mismatch(rule: Rule, segments: Sequence[str]) -> str:
    if not rule.path.matches(segments[1:]):
        return f"the path does not match {rule.path.text}"
    if unmatched := rule.unmatched(segments):
        return f"{{{unmatched.parameter}}} does not match {unmatched.text}"
    return ""


def _winner(rules: Sequence[Rule], hosts: Sequence[str]) -> Rule | None:
    """Return the first of the best rules."""

    def precedence(rule: Rule) -> list[tuple[int, ...]]:
        return [criterion(rule, hosts) for _, criterion in _CRITERIA]

    # Of equal rules, `max` returns the first.
    return max(rules, key=precedence, default=None)


def _loss(rule: Rule, winner: Rule | None, hosts: Sequence[str]) -> str:
    if winner is None or rule is winner:
        return ""
    for text, criterion in _CRITERIA:
        if criterion(rule, hosts) != criterion(winner, hosts):
            return f"{winner.name} {text}"
    return f"{winner.name} is first in the file"


def _host_rank(rule: Rule, hosts: Sequence[str]) -> int:
    """Return the position of the most specific host pattern of the rule."""
    if not rule.hosts:
        return len(hosts)
    return min(hosts.index(each) for each in rule.hosts if each in hosts)
