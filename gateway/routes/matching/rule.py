"""Rules: the requests that a plain route matches, and which rule wins.

The precedence is that of the Kubernetes Gateway API (HTTPRouteRule), of all rules that
match a request:

1. the most specific host: exact, then the longest wildcard, then none
2. a whole path (a literal segment wins over a parameter, from the left), then the
   longest prefix
3. a rule that names methods
4. the most header conditions, query conditions, cookie conditions, in this order
5. a rule with an expression
6. the first in the configuration
"""

from dataclasses import dataclass, field
from typing import Final

from weir.gateway.routes.matching.conditions import Conditions
from weir.gateway.routes.matching.pattern import PathPattern

METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"}
)
"""The methods of a rule that names none. TRACE has to be named: its response repeats
the header fields that the service has received, those of the gateway included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The requests of one route; without `hosts`, those for every host.

    GET includes HEAD. Without `methods`, the rule is for all of `METHODS`.
    """

    name: str
    path: PathPattern
    hosts: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    conditions: Conditions = field(default_factory=Conditions)

    @property
    def served(self) -> frozenset[str]:
        """The methods that the rule matches."""
        if not self.methods:
            return METHODS
        return self.methods | {"HEAD"} if "GET" in self.methods else self.methods

    def weight(self) -> tuple[bool, int, int, int, bool]:
        """Return the precedence among rules of the same host and path."""
        conditions = self.conditions
        return (
            bool(self.methods),
            len(conditions.headers),
            len(conditions.query),
            len(conditions.cookies),
            conditions.expression is not None,
        )
