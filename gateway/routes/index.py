"""An index of rules by host and path.

For each host pattern there is a trie over the segments of paths. A lookup visits the
host patterns of a host, from the most specific to that of all hosts, and at most two
children of a node at each level. Its cost does not grow with the number of rules.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import RouteMatch
from weir.gateway.routes.hosts import ANY_HOST, host_of, patterns_of
from weir.gateway.routes.path import NO_VALUES
from weir.gateway.routes.pattern import PathPattern
from weir.gateway.routes.rule import Rule
from weir.gateway.routes.template import Shape


@dataclass(frozen=True, slots=True)
class RuledRoute:
    """A rule, and the match of the requests that it wins.

    With `preflights`, the route responds to the preflights of its methods.
    """

    rule: Rule
    methods: frozenset[str]
    match: RouteMatch
    preflights: bool = False

    @classmethod
    def of(
        cls, rule: Rule, match: RouteMatch, *, preflights: bool = False
    ) -> "RuledRoute":
        return cls(rule, rule.served, match, preflights)


class _Node:
    """A position in a path; `whole` are the rules of paths that end here.

    `below` are the prefixes that end here. A façade's node is `mounted`, and that of a
    single path of the gateway is `reserved`.
    """

    __slots__ = ("below", "literals", "mounted", "parameter", "reserved", "whole")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.whole: tuple[RuledRoute, ...] = ()
        self.below: tuple[RuledRoute, ...] = ()
        self.mounted = False
        self.reserved = False

    def at(self, shape: Shape) -> "_Node":
        node = self
        for segment in shape:
            if segment is None:
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        return node

    def add(self, pattern: PathPattern, route: RuledRoute) -> None:
        node = self.at(pattern.shape)
        if pattern.is_prefix:
            node.below = _by_weight((*node.below, route))
        else:
            node.whole = _by_weight((*node.whole, route))

    def groups(self, segments: Sequence[str]) -> Iterator[tuple[RuledRoute, ...]]:
        """Yield the rules whose pattern fits, in order of precedence.

        `OF_FACADES` stands for the rest, which belongs to the gateway or a façade.
        """
        prefixes: list[tuple[int, tuple[RuledRoute, ...]]] = []
        for node, position in self._visited(segments):
            if node.mounted:
                prefixes = [(position, OF_FACADES)]
            if node.below:
                prefixes.append((position, node.below))
            if position == len(segments):
                if node.reserved:
                    yield OF_FACADES
                if node.whole:
                    yield node.whole
        # The sort is stable: of prefixes of the same length, a literal one is first.
        prefixes.sort(key=_length, reverse=True)
        for _, group in prefixes:
            yield group

    def _visited(self, segments: Sequence[str]) -> Iterator[tuple["_Node", int]]:
        """Yield the nodes of a path with their positions, literals first."""
        stack: list[tuple[_Node, int]] = [(self, 1)]
        while stack:
            node, position = stack.pop()
            if node.mounted:
                # No rule outside a façade serves the paths of the façade.
                stack.clear()
            yield node, position
            if position == len(segments):
                continue
            segment = segments[position]
            if node.parameter is not None and segment not in NO_VALUES:
                stack.append((node.parameter, position + 1))
            literal = node.literals.get(segment)
            if literal is not None:
                stack.append((literal, position + 1))


OF_FACADES: Final[tuple[RuledRoute, ...]] = ()
"""The group that stands for the routes of façades and of the gateway itself."""


def _length(prefix: tuple[int, tuple[RuledRoute, ...]]) -> int:
    return prefix[0]


def _by_weight(routes: Iterable[RuledRoute]) -> tuple[RuledRoute, ...]:
    """Sort by precedence; those of the same weight keep their order."""
    return tuple(sorted(routes, key=lambda each: each.rule.weight(), reverse=True))


class RuleIndex:
    """The plain routes of a generation.

    `mounts` are the paths of façades, and `reserved` single paths of the gateway. They
    have no host: they are served if no rule with a host matches. Rules below a façade's
    path win over the façade.
    """

    __slots__ = ("_any", "_hosts", "fingerprints")

    def __init__(
        self,
        routes: Iterable[RuledRoute],
        mounts: Iterable[Shape] = (),
        reserved: Iterable[Shape] = (),
    ) -> None:
        self._hosts: dict[str, _Node] = {}
        self._any = _Node()
        for mount in mounts:
            self._any.at(mount).mounted = True
        for path in reserved:
            self._any.at(path).reserved = True
        routes = tuple(routes)
        self.fingerprints = frozenset(each.match.route.fingerprint for each in routes)
        for route in routes:
            for host in route.rule.hosts or (ANY_HOST,):
                self._of(host).add(route.rule.path, route)

    def _of(self, host: str) -> _Node:
        return self._hosts.setdefault(host, _Node()) if host else self._any

    def find(
        self, head: RequestHead, segments: Sequence[str], method: str
    ) -> tuple[RuledRoute | None, list[RuledRoute]]:
        """Return the route of a request, if any, and the routes of other methods.

        `segments` are those of `segments_of`. `method` replaces that of the head.
        """
        others: list[RuledRoute] = []
        for node in self._nodes(head):
            for group in node.groups(segments):
                if group is OF_FACADES:
                    return None, []
                for route in group:
                    conditions = route.rule.conditions
                    if conditions and conditions.unmet(head):
                        continue
                    if method in route.methods:
                        return route, others
                    others.append(route)
        return None, others

    def _nodes(self, head: RequestHead) -> Iterator[_Node]:
        if self._hosts:
            host = host_of(head.headers.get(b"host", b""))
            for pattern in patterns_of(host):
                node = self._hosts.get(pattern) if pattern else self._any
                if node is not None:
                    yield node
        else:
            yield self._any
