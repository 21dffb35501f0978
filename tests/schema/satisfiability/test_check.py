"""Every query of the API schema can be planned, or the subgraphs are refused."""

from dataclasses import dataclass

import pytest

from tests.support.composition_examples import linked
from weir.schema import Code, Composed, Rejected, Subgraph, compose


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Subgraphs, and a part of the error's text, "" if all can be planned."""

    subgraphs: dict[str, str]
    fails: str = ""


KEYED = 'type P @key(fields: "id") { id: ID! name: String }'

CASES = {
    "a key leads to another subgraph": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id") { id: ID! price: Int }',
        }
    ),
    "a key that is not resolvable leads nowhere": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id", resolvable: false) { id: ID! price: Int }',
        },
        fails="P.price",
    ),
    "keys lead on through a third subgraph": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! }',
            "c": 'type P @key(fields: "sku") { sku: ID! price: Int }',
        }
    ),
    "a compound key is gathered from two subgraphs": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id") { id: ID! sku: ID! @shareable }',
            "c": 'type P @key(fields: "id sku") { id: ID! sku: ID! price: Int }',
        }
    ),
    "two keys that each need the other lead nowhere": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "x") { x: ID! y: ID! @shareable }',
            "c": 'type P @key(fields: "y") { y: ID! x: ID! @shareable }',
        },
        fails="P.x",
    ),
    "a nested key is resolved piece by piece": Case(
        subgraphs={
            "a": "type Query { p: P } type P { shop: S @shareable }"
            ' type S @key(fields: "id") { id: ID! }',
            "b": 'type S @key(fields: "id") { id: ID! code: ID! @shareable }',
            "c": 'type P @key(fields: "shop { code }") { shop: S price: Int }'
            " type S { code: ID! @shareable }",
        }
    ),
    "a requirement is met from elsewhere": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id") { id: ID! name: String @external'
            ' slug: String @requires(fields: "name") }',
        }
    ),
    "a requirement on a type that never turns up asks for nothing": Case(
        subgraphs={
            "a": "type Query { p: P }"
            ' type P @key(fields: "id") { id: ID! u: U @external'
            ' n: Int @requires(fields: "u { ... on X { x } ... on Y { y } }") }'
            " union U = X | Y type X { x: Int @external } type Y { y: Int @external }",
            "b": 'type P @key(fields: "id") { id: ID! u: U }'
            " union U = X type X { x: Int }",
            "c": "type Query { y: Y } type Y { y: Int }",
        }
    ),
    "a requirement that needs itself is never met": Case(
        subgraphs={
            "a": 'type Query { p: P } type P @key(fields: "id") { id: ID!'
            ' x: Int @requires(fields: "y") y: Int @external }',
            "b": 'type P @key(fields: "id") { id: ID!'
            ' y: Int @requires(fields: "x") x: Int @external }',
        },
        fails="P.x",
    ),
    "a requirement needs a way back": Case(
        subgraphs={
            "a": KEYED,
            "b": "type Query { p: P } type P { id: ID! @shareable"
            " name: String @external"
            ' slug: String @requires(fields: "name") }',
        },
        fails="P.slug",
    ),
    "a provided field is there on its path": Case(
        subgraphs={
            "a": 'type Query { p: P @provides(fields: "name") }'
            ' type P @key(fields: "id", resolvable: false) { id: ID!'
            " name: String @external }",
            "b": 'type P @key(fields: "id", resolvable: false) { id: ID!'
            " name: String @shareable }",
        }
    ),
    "a provided field is not there on another path": Case(
        subgraphs={
            "a": 'type Query { p: P @provides(fields: "name") q: P }'
            ' type P @key(fields: "id", resolvable: false) { id: ID!'
            " name: String @external }",
            "b": 'type P @key(fields: "id", resolvable: false) { id: ID!'
            " name: String @shareable }",
        },
        fails="P.name",
    ),
    "a provided field may be a key": Case(
        subgraphs={
            "a": 'type Query { p: P @provides(fields: "sku") }'
            ' type P @key(fields: "id") { id: ID! sku: ID! @external }',
            "b": 'type P @key(fields: "sku") { sku: ID! @shareable price: Int }',
        }
    ),
    "a member that one subgraph lacks is found in the other": Case(
        subgraphs={
            "a": "type Query { u: U @shareable } union U = A | B"
            " type A @shareable { x: Int } type B @shareable { x: Int }",
            "b": "type Query { u: U @shareable } union U = A"
            " type A @shareable { x: Int }",
        }
    ),
    "an interface object's type is told by the interface's key": Case(
        subgraphs={
            "a": 'interface I @key(fields: "id") { id: ID! }'
            ' type A implements I @key(fields: "id") { id: ID! x: Int }',
            "b": 'type Query { i: I } type I @interfaceObject @key(fields: "id")'
            " { id: ID! y: Int }",
        }
    ),
    "an interface object's type is not told without one": Case(
        subgraphs={
            "a": 'interface I { id: ID! } type A implements I @key(fields: "id")'
            " { id: ID! x: Int }",
            "b": 'type Query { i: I } type I @interfaceObject @key(fields: "id")'
            " { id: ID! y: Int }",
        },
        fails="... on A",
    ),
    "an overridden field is not in its source any more": Case(
        subgraphs={
            "a": "type Query { p: P } type P { id: ID! @shareable name: String }",
            "b": 'type P { id: ID! @shareable name: String @override(from: "a") }',
        },
        fails="P.name",
    ),
    "a field that moves must be there before and after": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id", resolvable: false) { id: ID!'
            ' name: String @override(from: "a", label: "percent(5)") }',
        },
        fails="P.name",
    ),
    "a field that moves may be reached by key": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id") { id: ID!'
            ' name: String @override(from: "a", label: "percent(5)") }',
        }
    ),
    "labels of a way that no query can take are not mixed": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED[:-2]} u: U }} type U {{ x: Int }}",
            "b": 'type P @key(fields: "id") { id: ID!'
            ' u: U @override(from: "a", label: "one") }'
            ' type U { x: Int @override(from: "a", label: "one") }',
        }
    ),
    "labels that are decided one by one are mixed": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED[:-2]} u: U }} type U {{ x: Int }}",
            "b": 'type P @key(fields: "id") { id: ID!'
            ' u: U @override(from: "a", label: "one") }'
            ' type U { x: Int @override(from: "a", label: "two") }',
        },
        fails='override label "two"',
    ),
    "a field that moves cannot be required": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id") { id: ID!'
            ' name: String @override(from: "a", label: "one") }',
            "c": 'type P @key(fields: "id") { id: ID! name: String @external'
            ' slug: String @requires(fields: "name") }',
        },
        fails="a field with an override label cannot be required",
    ),
    "a field that has moved can be required": Case(
        subgraphs={
            "a": f"type Query {{ p: P }} {KEYED}",
            "b": 'type P @key(fields: "id") { id: ID!'
            ' name: String @override(from: "a") }',
            "c": 'type P @key(fields: "id") { id: ID! name: String @external'
            ' slug: String @requires(fields: "name") }',
        },
    ),
    "a copy that does not move can be required": Case(
        subgraphs={
            "a": "type Query { p: P }"
            ' type P @key(fields: "id") { id: ID! name: String @shareable }',
            "b": 'type P @key(fields: "id") { id: ID!'
            ' name: String @shareable @override(from: "a", label: "one") }',
            "c": 'type P @key(fields: "id") { id: ID! name: String @external'
            ' slug: String @requires(fields: "name") }',
            "d": 'type P @key(fields: "id") { id: ID! name: String @shareable }',
        },
    ),
    "a field that moves may have a requirement where it moves to": Case(
        subgraphs={
            "a": "type Query { p: P }"
            ' type P @key(fields: "id") { id: ID! name: String slug: String }',
            "b": 'type P @key(fields: "id") { id: ID! name: String @external'
            ' slug: String @override(from: "a", label: "one")'
            ' @requires(fields: "name") }',
        },
    ),
    "a key field that moves does not lead on": Case(
        subgraphs={
            "a": "type Query { p: P }"
            ' type P @key(fields: "id") { id: ID! sku: ID! @shareable }',
            "b": 'type P @key(fields: "id") @key(fields: "sku") { id: ID!'
            ' sku: ID! @shareable @override(from: "a", label: "one") }',
            "c": 'type P @key(fields: "sku") { sku: ID! @external price: Int }',
        },
        fails="P.price",
    ),
    "what a context gives cannot move": Case(
        subgraphs={
            "a": "type Query { s: S }"
            ' type S @key(fields: "id") @context(name: "c")'
            " { id: ID! z: String! p: P }"
            ' type P @key(fields: "id") { id: ID!'
            ' f(a: String @fromContext(field: "$c { z }")): Int }',
            "b": 'type S @key(fields: "id") { id: ID!'
            ' z: String! @override(from: "a", label: "one") }',
        },
        fails="P.f",
    ),
    "a shared mutation is run by one subgraph that can do all": Case(
        subgraphs={
            "a": "type Query { q: Int } type Mutation { m: T @shareable }"
            " type T @shareable { x: Int }",
            "b": "type Mutation { m: T @shareable }"
            " type T @shareable { x: Int y: Int }",
        }
    ),
    "a shared mutation is never run twice": Case(
        subgraphs={
            "a": "type Query { q: Int } type Mutation { m: T @shareable }"
            " type T { x: Int }",
            "b": "type Mutation { m: T @shareable } type T { y: Int }",
        },
        fails="T.y",
    ),
    "a context is set above": Case(
        subgraphs={
            "a": 'type Query { s: S } type S @context(name: "c") { z: String! p: P }'
            ' type P @key(fields: "id") { id: ID!'
            ' f(a: String @fromContext(field: "$c { z }")): Int }',
        }
    ),
    "a context is not set on every path": Case(
        subgraphs={
            "a": "type Query { s: S p: P }"
            ' type S @context(name: "c") { z: String! p: P }'
            ' type P @key(fields: "id") { id: ID!'
            ' f(a: String @fromContext(field: "$c { z }")): Int }',
        },
        fails="P.f",
    ),
    "what is hidden need not be planned": Case(
        subgraphs={
            "a": "type Query { p: P } type P { id: ID! @shareable }",
            "b": "type P { id: ID! @shareable name: String @inaccessible }",
        }
    ),
    "a field that leads back to Query starts anew": Case(
        subgraphs={
            "a": "type Query { again: Query x: Int }",
            "b": "type Query { y: Int }",
        }
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_supergraph_can_be_planned_or_is_refused(case: Case) -> None:
    composed = compose(
        [Subgraph(name=name, sdl=linked(sdl)) for name, sdl in case.subgraphs.items()]
    )

    if not case.fails:
        assert isinstance(composed, Composed), composed
        return
    assert isinstance(composed, Rejected)
    assert {each.code for each in composed.errors} == {Code.SATISFIABILITY_ERROR}
    text = "\n".join(each.message for each in composed.errors)
    assert case.fails in text


def test_runtime_types_that_differ_are_worth_a_hint() -> None:
    case = CASES["a member that one subgraph lacks is found in the other"]

    composed = compose(
        [Subgraph(name=name, sdl=linked(sdl)) for name, sdl in case.subgraphs.items()]
    )

    assert isinstance(composed, Composed)
    codes = [hint.code for hint in composed.hints]
    assert codes.count("INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN") == 1
