"""What becomes of a type in the supergraph: one small graph for each rule."""

import re
from dataclasses import dataclass
from textwrap import dedent

import pytest

from tests.support.composition_examples import linked
from weir.schema import Composed, Subgraph, compose


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Subgraphs, and how the supergraph prints one of their types."""

    subgraphs: dict[str, str]
    prints: str


CASES = {
    "a key's text is kept, and said per subgraph": Case(
        subgraphs={
            "a": "type Query { p: P }"
            ' type P @key(fields: "id  sku") { id: ID! sku: ID! }',
            "b": 'extend type P @key(fields: "id", resolvable: false) { id: ID! }',
        },
        prints="""
        type P
          @join__type(graph: A, key: "id  sku")
          @join__type(graph: B, key: "id", extension: true, resolvable: false)
        {
          id: ID!
          sku: ID! @join__field(graph: A)
        }
        """,
    ),
    "the wider output type wins": Case(
        subgraphs={
            "a": "type Query { p: P } type P @shareable { n: [Int!]! }",
            "b": "type P @shareable { n: [Int!] }",
        },
        prints="""
        type P
          @join__type(graph: A)
          @join__type(graph: B)
        {
          n: [Int!]
            @join__field(graph: A, type: "[Int!]!")
            @join__field(graph: B, type: "[Int!]")
        }
        """,
    ),
    "the narrower input type wins, and arguments intersect": Case(
        subgraphs={
            "a": "type Query { p(first: Int!, skip: Int): Int @shareable }",
            "b": "type Query { p(first: Int): Int @shareable }",
        },
        prints="""
        type Query
          @join__type(graph: A)
          @join__type(graph: B)
        {
          p(first: Int!): Int
        }
        """,
    ),
    "an overridden field that nobody uses leaves no trace": Case(
        subgraphs={
            "a": "type Query { n: Int }",
            "b": 'type Query { n: Int @override(from: "a") }',
        },
        prints="""
        type Query
          @join__type(graph: A)
          @join__type(graph: B)
        {
          n: Int @join__field(graph: B, override: "a")
        }
        """,
    ),
    "an overridden field that is used stays, unresolvable": Case(
        subgraphs={
            "a": "type Query { p: P }"
            ' type P @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! }',
            "b": 'type P @key(fields: "id") { id: ID! sku: ID! @override(from: "a") }',
        },
        prints="""
        type P
          @join__type(graph: A, key: "id")
          @join__type(graph: A, key: "sku")
          @join__type(graph: B, key: "id")
        {
          id: ID!
          sku: ID!
            @join__field(graph: A, usedOverridden: true)
            @join__field(graph: B, override: "a")
        }
        """,
    ),
    "a label keeps both copies": Case(
        subgraphs={
            "a": "type Query { n: Int }",
            "b": 'type Query { n: Int @override(from: "a", label: "percent(1.5)") }',
        },
        prints="""
        type Query
          @join__type(graph: A)
          @join__type(graph: B)
        {
          n: Int
            @join__field(graph: A, overrideLabel: "percent(1.5)")
            @join__field(graph: B, override: "a", overrideLabel: "percent(1.5)")
        }
        """,
    ),
    "an interface object's field reaches the implementations": Case(
        subgraphs={
            "a": 'type Query { i: I } interface I @key(fields: "id") { id: ID! }'
            ' type T implements I @key(fields: "id") { id: ID! }',
            "b": 'type I @interfaceObject @key(fields: "id")'
            " { id: ID! n(x: Int): Int }",
        },
        prints="""
        type T implements I
          @join__implements(graph: A, interface: "I")
          @join__type(graph: A, key: "id")
        {
          id: ID!
          n(x: Int): Int @join__field
        }
        """,
    ),
    "an enum that is answered has all values": Case(
        subgraphs={
            "a": "type Query { e: E } enum E { X Y }",
            "b": "type Query { f: E } enum E { Y Z }",
        },
        prints="""
        enum E
          @join__type(graph: A)
          @join__type(graph: B)
        {
          X @join__enumValue(graph: A)
          Y @join__enumValue(graph: A) @join__enumValue(graph: B)
          Z @join__enumValue(graph: B)
        }
        """,
    ),
    "an enum that is sent has the common values": Case(
        subgraphs={
            "a": "type Query { a(e: E): Int } enum E { X Y }",
            "b": "type Query { b(e: E): Int } enum E { Y Z }",
        },
        prints="""
        enum E
          @join__type(graph: A)
          @join__type(graph: B)
        {
          Y @join__enumValue(graph: A) @join__enumValue(graph: B)
        }
        """,
    ),
    "an input type has the common fields": Case(
        subgraphs={
            "a": "type Query { a(i: I): Int } input I { x: Int y: Int }",
            "b": "type Query { b(i: I): Int } input I { x: Int! z: Int }",
        },
        prints="""
        input I
          @join__type(graph: A)
          @join__type(graph: B)
        {
          x: Int!
            @join__field(graph: A, type: "Int")
            @join__field(graph: B, type: "Int!")
        }
        """,
    ),
    "a union has all members, said per subgraph": Case(
        subgraphs={
            "a": "type Query { u: U } union U = X type X { x: Int }",
            "b": "type Query { v: U } union U = Y type Y { y: Int }",
        },
        prints="""
        union U
          @join__type(graph: A)
          @join__type(graph: B)
          @join__unionMember(graph: A, member: "X")
          @join__unionMember(graph: B, member: "Y")
          = X | Y
        """,
    ),
    "descriptions and tags are kept": Case(
        subgraphs={
            "a": 'type Query { "How many." n("From where." by: Int = 1): Int'
            ' @tag(name: "t") }',
        },
        prints='''
        type Query
          @join__type(graph: A)
        {
          """How many."""
          n(
            """From where."""
            by: Int = 1
          ): Int @tag(name: "t")
        }
        ''',
    ),
    "requirements of implementations reach their interface": Case(
        subgraphs={
            "a": "type Query { i: I } interface I { n: Int }"
            ' type S implements I @requiresScopes(scopes: [["s"]]) { n: Int }'
            " type T implements I { n: Int @authenticated }",
        },
        prints="""
        interface I
          @join__type(graph: A)
          @requiresScopes(scopes: [["s"]])
        {
          n: Int @authenticated
        }
        """,
    ),
    "federation 1 shares value types, and knows what its extensions resolve": Case(
        subgraphs={
            "a": "# federation 1\n"
            "type Query { p: P }"
            ' type P @key(fields: "id") { id: ID! size: V } type V { n: Int }',
            "b": "# federation 1\n"
            'extend type P @key(fields: "id") { id: ID! @external size: V @external'
            ' best: V @requires(fields: "size { n }") unused: Int @external }'
            " type V { n: Int }",
        },
        prints="""
        type P
          @join__type(graph: A, key: "id")
          @join__type(graph: B, key: "id")
        {
          id: ID!
          size: V @join__field(graph: A) @join__field(graph: B, external: true)
          best: V @join__field(graph: B, requires: "size { n }")
        }
        """,
    ),
}


def printed(supergraph: str, head: str) -> str:
    """The block of a supergraph that begins with a type's head."""
    match = re.search(rf"^{re.escape(head)}\b.*\n(?:.+\n)*", supergraph, re.MULTILINE)
    assert match is not None, f"no {head} in the supergraph"
    return match[0]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_type_is_merged(case: Case) -> None:
    expected = dedent(case.prints).lstrip()
    head = " ".join(expected.split()[:2])

    composed = compose(
        [Subgraph(name=name, sdl=linked(sdl)) for name, sdl in case.subgraphs.items()]
    )

    assert isinstance(composed, Composed), composed
    assert printed(composed.supergraph_sdl, head) == expected


def test_definitions_are_printed_by_name() -> None:
    composed = compose(
        [Subgraph(name="a", sdl="type Query { z: Z a: A } scalar Z enum A { X }")]
    )

    assert isinstance(composed, Composed)
    heads = re.findall(
        r"^(?:type|enum|scalar|input) (\w+)", composed.supergraph_sdl, re.MULTILINE
    )
    assert heads == sorted(heads)


@pytest.mark.parametrize(
    ("version", "join"),
    [("v2.0", "v0.3"), ("v2.6", "v0.3"), ("v2.7", "v0.4"), ("v2.8", "v0.5")],
)
def test_the_join_spec_is_the_oldest_with_all_needed_features(
    version: str, join: str
) -> None:
    url = f"https://specs.apollo.dev/federation/{version}"
    sdl = f'extend schema @link(url: "{url}") type Query {{ a: Int }}'

    composed = compose([Subgraph(name="a", sdl=sdl)])

    assert isinstance(composed, Composed)
    assert f"https://specs.apollo.dev/join/{join}" in composed.supergraph_sdl
