"""The proof that no request can reach a rule, or a part of it.

Rules of the same host and path are compared. A method of a rule is lost if another rule
with higher precedence matches all requests of that method. Rules of other hosts and
paths cannot match all requests of a rule with lower precedence, because they are more
specific than it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from weir.gateway.routes.matching.hosts import ANY_HOST
from weir.gateway.routes.matching.rule import Rule


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A rule without effect, or a part of it, because of the rule `by`.

    `part` is a method or a host of the rule, or "" for the whole rule.
    """

    rule: Rule
    by: Rule
    part: str


def unreachable(rules: Sequence[Rule]) -> Iterator[Unreachable]:
    """Yield what no request can reach; `rules` are in the order of configuration."""
    lost: dict[str, dict[tuple[str, str], Rule]] = {each.name: {} for each in rules}
    for host, ranked in ranked_rules(rules):
        for rank, rule in enumerate(ranked):
            winners = ranked[:rank]
            for method in sorted(rule.served):
                if winner := _winner(rule, method, winners):
                    lost[rule.name][host, method] = winner
    for rule in rules:
        yield from _of_rule(rule, lost[rule.name])


def ranked_rules(rules: Sequence[Rule]) -> Iterator[tuple[str, list[Rule]]]:
    """Yield the rules of each host and path, with the host, in order of precedence."""
    pairs = [(host, rule) for rule in rules for host in rule.hosts or (ANY_HOST,)]

    def place(pair: tuple[str, Rule]) -> tuple[str, bool, str]:
        host, rule = pair
        shape = "/".join("{}" if each is None else each for each in rule.path.shape)
        return host, rule.path.is_prefix, f"{rule.path.depth} {shape}"

    for (host, *_), group in groupby(sorted(pairs, key=place), key=place):
        # Sorting is stable: those of the same weight are in their order.
        yield host, sorted([rule for _, rule in group], key=Rule.weight, reverse=True)


def _winner(rule: Rule, method: str, winners: Sequence[Rule]) -> Rule | None:
    """Return the rule that gets all requests of this method."""
    return next(
        (each for each in winners if method in each.served and rule.implies(each)),
        None,
    )


def _of_rule(rule: Rule, lost: dict[tuple[str, str], Rule]) -> Iterator[Unreachable]:
    if not lost:
        return
    hosts = rule.hosts or (ANY_HOST,)
    first = next(iter(lost.values()))
    if len(lost) == len(hosts) * len(rule.served):
        yield Unreachable(rule, first, "")
        return
    for host in hosts:
        if all((host, method) in lost for method in rule.served):
            yield Unreachable(rule, lost[host, min(rule.served)], host)
    for method in sorted(rule.methods):
        if all((host, method) in lost for host in hosts):
            yield Unreachable(rule, lost[hosts[0], method], method)
