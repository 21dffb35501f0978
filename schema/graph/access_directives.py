"""The directives that restrict access, under their names in a supergraph.

A link may import `@requiresScopes` under another name, or set another namespace for its
specification. The specification decides the meaning of a directive, not its name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from graphql import ConstDirectiveNode, ValueNode

from weir.schema.link.links import SPECS, Link, Links
from weir.schema.link.url import Version
from weir.schema.model.access import (
    UNRESTRICTED,
    AccessRequirement,
    alternatives,
)

AUTHENTICATED: Final = "authenticated"
REQUIRES_SCOPES: Final = "requiresScopes"
POLICY: Final = "policy"
RESTRICTING: Final = (AUTHENTICATED, REQUIRES_SCOPES, POLICY)
"""The specifications that restrict the selection of elements."""

_VERSION = Version(0, 1)


@dataclass(frozen=True, slots=True)
class AccessDirectives:
    """The names of the directives in one supergraph, "" for one that is not linked."""

    authenticated: str = ""
    requires_scopes: str = ""
    policy: str = ""

    @classmethod
    def of(cls, links: Links) -> "AccessDirectives":
        """Return the names that the links of a supergraph define."""
        return cls(*(_name(links, spec) for spec in RESTRICTING))

    def requirement(
        self, nodes: Iterable[ConstDirectiveNode] | None
    ) -> AccessRequirement:
        """Return the united requirements of all directives of one element."""
        requirement = UNRESTRICTED
        for node in nodes or ():
            requirement = requirement.and_also(self._required_by(node))
        return requirement

    def _required_by(self, node: ConstDirectiveNode) -> AccessRequirement:
        name = node.name.value
        if name == self.authenticated:
            return AccessRequirement(authenticated=True)
        if name == self.requires_scopes:
            return AccessRequirement(scopes=alternatives(_argument(node, "scopes")))
        if name == self.policy:
            return AccessRequirement(policies=alternatives(_argument(node, "policies")))
        return UNRESTRICTED


def unknown_versions(links: Links) -> Iterable[Link]:
    """Return the links of these specifications in unsupported versions."""
    found = (links.feature(f"{SPECS}/{spec}") for spec in RESTRICTING)
    return [link for link in found if link and link.url.version != _VERSION]


def _name(links: Links, spec: str) -> str:
    link = links.feature(f"{SPECS}/{spec}")
    return link.directive(spec) if link else ""


def _argument(node: ConstDirectiveNode, name: str) -> ValueNode | None:
    given = (each.value for each in node.arguments or () if each.name.value == name)
    return next(given, None)
