"""An index of rules by host and path.

For each host pattern there is a trie over the segments of paths. A lookup visits the
host patterns of a host, from the most specific to that of all hosts, and at most two
children of a node at each level. Its cost does not grow with the number of rules.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import RouteMatch
from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.matching.hosts import ANY_HOST, host_of, patterns_of
from weir.gateway.routes.matching.rule import Rule
from weir.gateway.routes.matching.template import Shape
from weir.gateway.routes.matching.trie import Node


@dataclass(frozen=True, slots=True)
class RuledRoute:
    """A rule, and the match of the requests that it wins.

    With `preflights`, the route responds to the preflights of its methods. Routes with
    equal `admission` have the same rules about their callers.
    """

    rule: Rule
    methods: frozenset[str]
    match: RouteMatch
    conditions: Conditions | None = None
    """Those of the rule, if it has any."""
    preflights: bool = False
    admission: Hashable = None

    @classmethod
    def of(
        cls,
        rule: Rule,
        match: RouteMatch,
        *,
        preflights: bool = False,
        admission: Hashable = None,
    ) -> "RuledRoute":
        conditions = rule.conditions or None
        return cls(rule, rule.served, match, conditions, preflights, admission)


_Group: TypeAlias = tuple[RuledRoute, ...] | None
"""Rules of one pattern; None for the routes of façades and of the gateway itself."""


class _Rules:
    """The rules that end at one node: of whole paths, and of the prefixes `below`.

    A single path of the gateway is `reserved`.
    """

    __slots__ = ("below", "reserved", "whole")

    def __init__(self) -> None:
        self.whole: tuple[RuledRoute, ...] = ()
        self.below: tuple[RuledRoute, ...] = ()
        self.reserved = False

    def add(self, route: RuledRoute) -> None:
        if route.rule.path.is_prefix:
            self.below = _by_weight((*self.below, route))
        else:
            self.whole = _by_weight((*self.whole, route))

    def of_whole_path(self) -> Iterator[_Group]:
        if self.reserved:
            yield None
        if self.whole:
            yield self.whole


_Node: TypeAlias = Node[_Rules, bool]
"""A node whose `mount` is set for the path of a façade."""


def _rules_at(root: _Node, shape: Shape) -> _Rules:
    node = root.at(shape)
    if node.end is None:
        node.end = _Rules()
    return node.end


def _groups(root: _Node, segments: Sequence[str]) -> list[_Group]:
    """Return the rules whose pattern fits, in order of precedence."""
    groups: list[_Group] = []
    prefixes: list[tuple[int, _Group]] = []
    for node, position in root.visited(segments):
        if node.mount:
            prefixes = [(position, None)]
        if node.end is None:
            continue
        if node.end.below:
            prefixes.append((position, node.end.below))
        if position == len(segments):
            groups += node.end.of_whole_path()
    if len(prefixes) > 1:
        # The sort is stable: of prefixes of the same length, a literal one is first.
        prefixes.sort(key=_length, reverse=True)
    for _, group in prefixes:
        groups.append(group)
    return groups


def _length(prefix: tuple[int, _Group]) -> int:
    return prefix[0]


def _by_weight(routes: Iterable[RuledRoute]) -> tuple[RuledRoute, ...]:
    """Sort by precedence; those of the same weight keep their order."""
    return tuple(sorted(routes, key=lambda each: each.rule.weight(), reverse=True))


class RuleIndex:
    """The plain routes of a generation.

    `mounts` are the paths of façades, and `reserved` single paths of the gateway. They
    have no host: they are served if no rule with a host matches. Rules below a façade's
    path win over the façade. `labels` are the methods, the templates and the client
    types of the routes.
    """

    __slots__ = ("_any", "_hosts", "fingerprints", "labels")

    def __init__(
        self,
        routes: Iterable[RuledRoute],
        mounts: Iterable[Shape] = (),
        reserved: Iterable[Shape] = (),
    ) -> None:
        self._hosts: dict[str, _Node] = {}
        self._any: _Node = Node()
        for mount in mounts:
            self._any.at(mount).mount = True
        for path in reserved:
            _rules_at(self._any, path).reserved = True
        routes = tuple(routes)
        self.fingerprints = frozenset(each.match.route.fingerprint for each in routes)
        self.labels = frozenset(
            (method, each.match.route.template, each.match.route.policy.client_type)
            for each in routes
            for method in each.methods
        )
        for route in routes:
            for host in route.rule.hosts or (ANY_HOST,):
                _rules_at(self._of(host), route.rule.path.shape).add(route)

    def _of(self, host: str) -> _Node:
        return self._hosts.setdefault(host, Node()) if host else self._any

    def find(
        self, head: RequestHead, segments: Sequence[str], method: str
    ) -> tuple[RuledRoute | None, list[RuledRoute]]:
        """Return the route of a request, if any, and the routes of other methods.

        `segments` are those of `segments_of`. `method` replaces that of the head.
        """
        others: list[RuledRoute] = []
        for node in self._nodes(head) if self._hosts else (self._any,):
            for group in _groups(node, segments):
                if group is None:
                    return None, []
                for route in group:
                    rule = route.rule
                    if rule.segments and rule.unmatched(segments) is not None:
                        continue
                    conditions = route.conditions
                    if conditions is not None and conditions.unmet(head):
                        continue
                    if method in route.methods:
                        return route, others
                    others.append(route)
        return None, others

    def _nodes(self, head: RequestHead) -> Iterator[_Node]:
        host = host_of(head.headers.get(b"host", b""))
        for pattern in patterns_of(host):
            node = self._hosts.get(pattern) if pattern else self._any
            if node is not None:
                yield node
