"""The specs whose directives composition copies, as the supergraph defines them."""

from dataclasses import dataclass

from weir.schema.federation.specs import (
    AUTH_LOCATIONS,
    COST_LOCATIONS,
    LIST_SIZE,
    TAG_LOCATIONS,
)
from weir.schema.link.links import SPECS


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedSpec:
    """One spec of the supergraph: its directives' definitions, and its scalars."""

    name: str
    version: str
    purpose: str = ""
    directives: dict[str, str]
    scalars: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"{SPECS}/{self.name}/{self.version}"


COMPOSED_SPECS = (
    ComposedSpec(
        name="tag",
        version="v0.3",
        directives={"tag": f"(name: String!) repeatable on {TAG_LOCATIONS} | SCHEMA"},
    ),
    ComposedSpec(
        name="inaccessible",
        version="v0.2",
        purpose="SECURITY",
        directives={"inaccessible": f"on {TAG_LOCATIONS}"},
    ),
    ComposedSpec(
        name="authenticated",
        version="v0.1",
        purpose="SECURITY",
        directives={"authenticated": f"on {AUTH_LOCATIONS}"},
    ),
    ComposedSpec(
        name="requiresScopes",
        version="v0.1",
        purpose="SECURITY",
        directives={
            "requiresScopes": (
                f"(scopes: [[requiresScopes__Scope!]!]!) on {AUTH_LOCATIONS}"
            )
        },
        scalars=("requiresScopes__Scope",),
    ),
    ComposedSpec(
        name="policy",
        version="v0.1",
        purpose="SECURITY",
        directives={"policy": f"(policies: [[policy__Policy!]!]!) on {AUTH_LOCATIONS}"},
        scalars=("policy__Policy",),
    ),
    ComposedSpec(
        name="cost",
        version="v0.1",
        directives={
            "cost": f"(weight: Int!) on {COST_LOCATIONS}",
            "listSize": LIST_SIZE,
        },
    ),
    ComposedSpec(
        name="context",
        version="v0.1",
        purpose="SECURITY",
        directives={
            "context": "(name: String!) repeatable on INTERFACE | OBJECT | UNION",
            "fromContext": (
                "(field: context__ContextFieldValue) on ARGUMENT_DEFINITION"
            ),
        },
        scalars=("context__ContextFieldValue",),
    ),
    ComposedSpec(name="cacheTag", version="v0.1", purpose="EXECUTION", directives={}),
)

SPEC_OF = {directive: spec for spec in COMPOSED_SPECS for directive in spec.directives}
"""The composed spec that a directive of federation belongs to."""

AUTH = ("authenticated", "requiresScopes", "policy")
REPEATABLE = frozenset({"tag", "context", "cacheTag"})
