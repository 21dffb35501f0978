"""Random graphs with an interface, its implementations, and interface objects."""

import random

from tests.support.composition_examples import linked
from weir.schema import Subgraph

KEYS = ('@key(fields: "id")',) * 20 + ('@key(fields: "sku")', "")
CLOSED = '@key(fields: "id", resolvable: false)'
FIELDS = ("x: Int", "x: Int @shareable", "x: Int!", "y: String", "y: Int @shareable")


def interface_object_graph(rng: random.Random) -> list[Subgraph]:
    """Make an owner of the interface, and one to three subgraphs beside it."""
    others = [_beside(rng, number) for number in range(rng.randint(1, 3))]
    return [
        Subgraph(name=name, sdl=linked(sdl), file=f"{name}.graphql")
        for name, sdl in zip("abcd", [_owner(rng), *others], strict=False)
    ]


def _owner(rng: random.Random) -> str:
    key = rng.choice(KEYS)
    implementations = " ".join(
        f"type {name} implements I {key if rng.random() < 0.95 else ''}"
        f" {{ id: ID! sku: ID! e: String {_some(rng)} }}"
        for name in rng.sample(["A", "B", "C"], rng.randint(1, 3))
    )
    return (
        f"type Query {{ i: I all: [I!]! }}"
        f" interface I {key} {{ id: ID! sku: ID! e: String }} {implementations}"
    )


def _beside(rng: random.Random, number: int) -> str:
    """Make a subgraph with the interface object, or with an implementation."""
    root = f"type Query {{ q{number}: {rng.choice(['I', 'Int'])} }}"
    if rng.random() < 0.75:
        key = rng.choice((*KEYS, CLOSED))
        sku = rng.choice(["sku: ID!", "sku: ID! @shareable", ""])
        requires = rng.choice(
            [
                "",
                "",
                f'e: String @external r{number}: Int @requires(fields: "e")',
                f'x: Int @external r{number}: Int @requires(fields: "x")',
            ]
        )
        known = rng.choice(
            ["", "", "", 'type A @key(fields: "id") { id: ID! }', "type C { z: Int }"]
        )
        body = f"{{ id: ID! {sku} {_some(rng)} {requires} }}"
        return f"{root} type I @interfaceObject {key} {body} {known}"
    key = rng.choice((*KEYS, CLOSED))
    override = rng.choice(["", '@override(from: "a")', '@override(from: "b")'])
    return (
        f"{root.replace('I }', 'Int }')}"
        f" type A {key} {{ id: ID! sku: ID! @shareable x: Int @shareable {override} }}"
    )


def _some(rng: random.Random) -> str:
    chosen = [each for each in FIELDS if rng.random() < 0.08]
    return " ".join({each.partition(":")[0]: each for each in chosen}.values())
