"""The directives and types of federation and its companion specs, as tables.

A row has a definition and the first version of its feature with this definition. A
schema uses the newest row that is not newer than its own version. In the SDL of a row,
types have the feature's own names; `schema.subgraphs.completion` replaces them by the
names in a subgraph.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from graphql import (
    DirectiveDefinitionNode,
    EnumTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    parse,
)

from weir.schema.link.links import FEDERATION_IDENTITY, LINK_IDENTITY, SPECS, Link
from weir.schema.link.url import FeatureUrl, Version

FED1 = Version(1, 0)
UPGRADED = Version(2, 4)
"""The federation version of an upgraded federation 1 subgraph."""

NEWEST = Version(2, 15)

TAG_LOCATIONS = (
    "FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR"
    " | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
AUTH_LOCATIONS = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
COST_LOCATIONS = (
    "ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT"
    " | SCALAR"
)
LIST_SIZE = (
    "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
    " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION"
)


@dataclass(frozen=True, slots=True)
class Row:
    since: Version
    sdl: str


FEDERATION_TYPES = {
    "FieldSet": Row(Version(2, 0), "scalar FieldSet"),
    "Scope": Row(Version(2, 5), "scalar Scope"),
    "Policy": Row(Version(2, 6), "scalar Policy"),
    "ContextFieldValue": Row(Version(2, 8), "scalar ContextFieldValue"),
}

FEDERATION_DIRECTIVES = {
    "key": (
        Row(
            Version(2, 0),
            "(fields: FieldSet!, resolvable: Boolean = true)"
            " repeatable on OBJECT | INTERFACE",
        ),
    ),
    "external": (Row(Version(2, 0), "(reason: String) on OBJECT | FIELD_DEFINITION"),),
    "requires": (Row(Version(2, 0), "(fields: FieldSet!) on FIELD_DEFINITION"),),
    "provides": (Row(Version(2, 0), "(fields: FieldSet!) on FIELD_DEFINITION"),),
    "extends": (Row(Version(2, 0), "on OBJECT | INTERFACE"),),
    "shareable": (
        Row(Version(2, 0), "on OBJECT | FIELD_DEFINITION"),
        Row(Version(2, 2), "repeatable on OBJECT | FIELD_DEFINITION"),
    ),
    "tag": (
        Row(Version(2, 0), f"(name: String!) repeatable on {TAG_LOCATIONS}"),
        Row(Version(2, 3), f"(name: String!) repeatable on {TAG_LOCATIONS} | SCHEMA"),
    ),
    "inaccessible": (Row(Version(2, 0), f"on {TAG_LOCATIONS}"),),
    "override": (
        Row(Version(2, 0), "(from: String!) on FIELD_DEFINITION"),
        Row(Version(2, 7), "(from: String!, label: String) on FIELD_DEFINITION"),
    ),
    "composeDirective": (Row(Version(2, 1), "(name: String) repeatable on SCHEMA"),),
    "interfaceObject": (Row(Version(2, 3), "on OBJECT"),),
    "authenticated": (Row(Version(2, 5), f"on {AUTH_LOCATIONS}"),),
    "requiresScopes": (
        Row(Version(2, 5), f"(scopes: [[Scope!]!]!) on {AUTH_LOCATIONS}"),
    ),
    "policy": (Row(Version(2, 6), f"(policies: [[Policy!]!]!) on {AUTH_LOCATIONS}"),),
    "context": (
        Row(
            Version(2, 8),
            "(name: String!) repeatable on OBJECT | INTERFACE | UNION",
        ),
    ),
    "fromContext": (
        Row(Version(2, 8), "(field: ContextFieldValue) on ARGUMENT_DEFINITION"),
    ),
    "cost": (Row(Version(2, 9), f"(weight: Int!) on {COST_LOCATIONS}"),),
    "listSize": (Row(Version(2, 9), LIST_SIZE),),
    "cacheTag": (
        Row(
            Version(2, 12),
            "(format: String!) repeatable on OBJECT | FIELD_DEFINITION",
        ),
    ),
}

UPGRADED_LINK = Link(
    url=FeatureUrl.parse(f"{FEDERATION_IDENTITY}/{UPGRADED}"),
    namespace="federation",
    imports={
        f"@{name}": f"@{name}"
        for name, rows in FEDERATION_DIRECTIVES.items()
        if rows[0].since <= UPGRADED
    },
)
"""The link to federation 2 of an upgraded federation 1 subgraph."""

FED1_TYPES = {"_FieldSet": Row(FED1, "scalar _FieldSet")}
FED1_DIRECTIVES = {
    "key": (
        Row(
            FED1,
            "(fields: _FieldSet!, resolvable: Boolean = true)"
            " repeatable on OBJECT | INTERFACE",
        ),
    ),
    "external": (Row(FED1, "(reason: String) on OBJECT | FIELD_DEFINITION"),),
    "requires": (Row(FED1, "(fields: _FieldSet!) on FIELD_DEFINITION"),),
    "provides": (Row(FED1, "(fields: _FieldSet!) on FIELD_DEFINITION"),),
    "extends": (Row(FED1, "on OBJECT | INTERFACE"),),
    "tag": (Row(FED1, f"(name: String!) repeatable on {TAG_LOCATIONS}"),),
}

LINK_TYPES = {
    "Import": Row(Version(1, 0), "scalar Import"),
    "Purpose": Row(Version(1, 0), "enum Purpose { SECURITY EXECUTION }"),
}
LINK_DIRECTIVES = {
    "link": (
        Row(
            Version(1, 0),
            "(url: String, as: String, for: Purpose, import: [Import])"
            " repeatable on SCHEMA",
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """The definitions of one linked spec."""

    types: Mapping[str, Row]
    directives: Mapping[str, tuple[Row, ...]]


def _single(name: str, sdl: str) -> Feature:
    return Feature(types={}, directives={name: (Row(Version(0, 1), sdl),)})


_ANCIENT = Version(0, 1)
FEATURES = {
    FEDERATION_IDENTITY: Feature(
        types=FEDERATION_TYPES, directives=FEDERATION_DIRECTIVES
    ),
    LINK_IDENTITY: Feature(types=LINK_TYPES, directives=LINK_DIRECTIVES),
    f"{SPECS}/tag": Feature(
        types={},
        directives={
            "tag": (
                Row(_ANCIENT, f"(name: String!) repeatable on {TAG_LOCATIONS}"),
                Row(
                    Version(0, 3),
                    f"(name: String!) repeatable on {TAG_LOCATIONS} | SCHEMA",
                ),
            )
        },
    ),
    f"{SPECS}/inaccessible": _single("inaccessible", f"on {TAG_LOCATIONS}"),
    f"{SPECS}/authenticated": _single("authenticated", f"on {AUTH_LOCATIONS}"),
    f"{SPECS}/requiresScopes": Feature(
        types={"Scope": Row(_ANCIENT, "scalar Scope")},
        directives={
            "requiresScopes": (
                Row(_ANCIENT, f"(scopes: [[Scope!]!]!) on {AUTH_LOCATIONS}"),
            )
        },
    ),
    f"{SPECS}/policy": Feature(
        types={"Policy": Row(_ANCIENT, "scalar Policy")},
        directives={
            "policy": (Row(_ANCIENT, f"(policies: [[Policy!]!]!) on {AUTH_LOCATIONS}"),)
        },
    ),
    f"{SPECS}/cost": Feature(
        types={},
        directives={
            "cost": (Row(_ANCIENT, f"(weight: Int!) on {COST_LOCATIONS}"),),
            "listSize": (Row(_ANCIENT, LIST_SIZE),),
        },
    ),
}

IMPLIED_VERSIONS = {
    f"{SPECS}/authenticated": Version(2, 5),
    f"{SPECS}/requiresScopes": Version(2, 5),
    f"{SPECS}/policy": Version(2, 6),
    f"{SPECS}/context": Version(2, 8),
    f"{SPECS}/cost": Version(2, 9),
    f"{SPECS}/connect": Version(2, 10),
    f"{SPECS}/cacheTag": Version(2, 12),
}
"""The federation version that the link of a companion spec implies."""

FED1_FEATURE = Feature(types=FED1_TYPES, directives=FED1_DIRECTIVES)


@cache
def directive_definition(name: str, sdl: str) -> DirectiveDefinitionNode:
    """Parse the definition in a directive's row."""
    node = parse(f"directive @{name} {sdl}", no_location=True).definitions[0]
    assert isinstance(node, DirectiveDefinitionNode)
    return node


@cache
def type_definition(sdl: str) -> ScalarTypeDefinitionNode | EnumTypeDefinitionNode:
    """Parse the definition in a type's row."""
    node = parse(sdl, no_location=True).definitions[0]
    assert isinstance(node, ScalarTypeDefinitionNode | EnumTypeDefinitionNode)
    return node


def row_for(rows: tuple[Row, ...], version: Version) -> Row | None:
    """Return the newest row that is not newer than `version`."""
    reached = [row for row in rows if row.since <= version]
    return max(reached, key=lambda row: row.since, default=None)
