"""Random schemas in which objects, interfaces and unions set a context.

About half of them are wrong: the selection of the context, its argument, or a path.
"""

import random

from tests.support.composition_examples import linked
from weir.schema import Subgraph

SELECTIONS = (
    *("{ prop }", "{ prop }", "{ inner { leaf } }", "{ items { leaf } }", "{ inner }"),
    *("... on A { prop }", "... on A { prop } ... on B { prop }", "{ missing }"),
    *("... on A { prop } ... on B { other }", "{ prop other }", "... on I { prop }"),
    *("{ p: prop }", "{ prop @include(if: true) }", "{ prop { x } }", "", "prop"),
    *("{ ... on A { prop } }", "{ number }", "{ all }", "{ object { x } }"),
    *("... on A { inner { leaf } } ... on B { inner { leaf } }", "... { prop }"),
)
ARGUMENTS = (*["String"] * 8, "String!", "[String]", "Int", "ID")
ROOTS = ("a: A", "i: I", "u: U", "a: A b: B", "i: I b: B", "u: U i: I", "e: E")
FIELDS = "id: ID! prop: String! other: String number: Int all: [String] object: Object"
MORE = "inner: Inner items: [Inner!]! e: E"


def context_schema(rng: random.Random) -> list[Subgraph]:
    """Make two subgraphs: one that sets and reads a context, one with more paths."""
    return [
        Subgraph(name=name, sdl=linked(sdl), file=f"{name}.graphql")
        for name, sdl in (("a", _reading(rng)), ("b", _leading(rng)))
    ]


def _reading(rng: random.Random) -> str:
    setters = rng.choice(["A", "I", "I", "U", "AB", "AI", "AU", "Q", ""])
    on = {each: '@context(name: "c")' if each in setters else "" for each in "ABIUQ"}
    key = rng.choice(
        ['@key(fields: "id")'] * 9 + ['@key(fields: "id", resolvable: false)']
    )
    b_implements = rng.choice(["implements I", ""])
    name = rng.choice(["c"] * 12 + ["d"])
    selection = "{ prop }" if rng.random() < 0.5 else rng.choice(SELECTIONS)
    value = f"${name} {selection}"
    argument = f'x: {rng.choice(ARGUMENTS)} @fromContext(field: "{value}")'
    interface = rng.choice(["id: ID! prop: String!"] * 4 + ["id: ID! e: E", "id: ID!"])
    return f"""
type Query {on["Q"]} {{ {rng.choice(ROOTS)} }}
interface I {on["I"]} {{ {interface} }}
union U {on["U"]} = A | B
type A implements I @key(fields: "id") {on["A"]} {{ {FIELDS} {MORE} }}
type B {b_implements} @key(fields: "id") {on["B"]} {{ {FIELDS} {MORE} }}
type Inner {{ leaf: String! e: E }}
type Object @interfaceObject @key(fields: "id") {{ id: ID! x: String }}
type E {key} {{ id: ID! f({argument}): Int }}
"""


def _leading(rng: random.Random) -> str:
    path = rng.choice(
        [
            *["", "", ""],
            "extend type Query { toE: E }",
            'type A @key(fields: "id") { id: ID! toE: E } extend type Query { toA: A }',
        ]
    )
    return f"""
type E @key(fields: "id") {{ id: ID! g: Int }}
interface Object @key(fields: "id") {{ id: ID! }}
type Item implements Object @key(fields: "id") {{ id: ID! }}
extend type Query {{ z: Int }}
{path}
"""
