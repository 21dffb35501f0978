"""Rules that probably get no request, because another rule takes them.

Regular expressions and conditions in CEL cannot be compared as other conditions can
(`reachability`). Sample requests of a rule are tried on each rule of the same path with
higher precedence. One that matches all of them probably takes all requests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.matching.rule import Rule
from weir.gateway.routes.reachability import ranked_rules
from weir.gateway.routes.samples.requests import sample_requests

_ATTEMPTS: Final = 100
_MOST_PAIRS: Final = 100
"""The pairs of rules that are compared; each takes two milliseconds at most."""


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule whose requests probably go to the rule `by`, and one that does."""

    rule: Rule
    by: Rule
    sample: RequestHead


def shadowed(rules: Sequence[Rule]) -> Iterator[Shadowed]:
    """Yield the rules that probably get no request, once each.

    `rules` are in the order of configuration. Those that `unreachable` yields are not
    among them.
    """
    found: set[str] = set()
    compared = 0
    for _, ranked in ranked_rules(rules):
        for rank, rule in enumerate(ranked):
            for by in ranked[:rank]:
                if rule.name in found or not _may_shadow(by, rule):
                    continue
                compared += 1
                if compared > _MOST_PAIRS:
                    return
                sample = _sample(rule, by)
                if sample is not None:
                    found.add(rule.name)
                    yield Shadowed(rule, by, sample)


def _may_shadow(by: Rule, rule: Rule) -> bool:
    """Return whether samples can show more than the comparison of `unreachable`."""
    is_known = not (_is_opaque(by) or _is_opaque(rule)) or rule.implies(by)
    return not is_known and by.served >= rule.served and {*by.hosts} >= {*rule.hosts}


def _is_opaque(rule: Rule) -> bool:
    """Return whether a condition of a rule cannot be compared with others."""
    return bool(rule.segments) or rule.conditions.expression is not None


def _sample(rule: Rule, by: Rule) -> RequestHead | None:
    """Return the simplest request of `rule`, if `by` matches all of them."""
    samples: list[RequestHead] = []
    for each in sample_requests(rule, by, _ATTEMPTS):
        if not by.matches(each):
            return None
        samples.append(each)
    return min(samples, key=_complexity, default=None)


def _complexity(sample: RequestHead) -> tuple[int, int]:
    fields = sum(len(name) + len(value) for name, value in sample.lines)
    return fields + len(sample.query), len(sample.path)
