"""Rules: the requests that a plain route matches, and which rule wins.

The precedence is that of the Kubernetes Gateway API (HTTPRouteRule), of all rules that
match a request:

1. the most specific host: exact, then the longest wildcard, then none
2. a whole path (a literal segment wins over a parameter, from the left), then the
   longest prefix
3. the most regular expressions for parameters
4. a rule that names methods
5. the most header conditions, query conditions, cookie conditions, in this order
6. a rule with an expression
7. the first in the configuration
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.matching.path import segments_of
from weir.gateway.routes.matching.pattern import PathPattern

METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"}
)
"""The methods of a rule that names none. Those of extensions have to be named. So has
TRACE: its response repeats the header fields that the service has received, those of
the gateway included."""


class SegmentCondition(Protocol):
    """A condition on the value of a path parameter."""

    @property
    def parameter(self) -> str: ...

    @property
    def position(self) -> int: ...

    @property
    def text(self) -> str: ...

    def matches(self, segments: Sequence[str]) -> bool:
        """Return whether the value matches; `segments` are those of `segments_of`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The requests of one route; without `hosts`, those for every host.

    GET includes HEAD. Without `methods`, the rule is for all of `METHODS`.
    """

    name: str
    path: PathPattern
    segments: tuple[SegmentCondition, ...] = ()
    """The conditions on parameters of the path."""
    hosts: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    conditions: Conditions = field(default_factory=Conditions)

    @property
    def served(self) -> frozenset[str]:
        """The methods that the rule matches."""
        if not self.methods:
            return METHODS
        return self.methods | {"HEAD"} if "GET" in self.methods else self.methods

    def unmatched(self, segments: Sequence[str]) -> SegmentCondition | None:
        """Return the first parameter whose value does not match, if any.

        `segments` are those of `segments_of` for a path that fits the pattern.
        """
        return next(
            (each for each in self.segments if not each.matches(segments)), None
        )

    def matches(self, head: RequestHead) -> bool:
        """Return whether a request for one of its hosts matches."""
        segments = segments_of(head.path)
        return (
            head.method in self.served
            and self.path.matches(segments[1:])
            and self.unmatched(segments) is None
            and not self.conditions.unmet(head)
        )

    def implies(self, other: "Rule") -> bool:
        """Return whether `other` matches each request of this rule with its methods.

        Both have the same path.
        """
        own = {(each.position, each.text) for each in self.segments}
        return self.conditions.implies(other.conditions) and own.issuperset(
            (each.position, each.text) for each in other.segments
        )

    def weight(self) -> tuple[int, bool, int, int, int, bool]:
        """Return the precedence among rules of the same host and path."""
        conditions = self.conditions
        return (
            len(self.segments),
            bool(self.methods),
            len(conditions.headers),
            len(conditions.query),
            len(conditions.cookies),
            conditions.expression is not None,
        )
