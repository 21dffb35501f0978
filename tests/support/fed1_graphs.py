"""Random graphs of federation 1, which is lenient, alone and beside federation 2.

Each part is usually as the documentation of federation 1 shows it, and sometimes not.
"""

import random
from dataclasses import dataclass

from tests.support.composition_examples import linked
from weir.schema import Subgraph

UNUSUAL = 0.12


def fed1_graph(rng: random.Random) -> list[Subgraph]:
    """Make the owner of an entity, and one or two subgraphs that extend it."""
    parts = _Parts(rng)
    subgraphs = {"a": parts.owner(), "b": parts.extension("b")}
    if rng.random() < 0.5:
        subgraphs["c"] = parts.extension("c")
    return [
        Subgraph(name=name, sdl=parts.of_version(sdl), file=f"{name}.graphql")
        for name, sdl in subgraphs.items()
    ]


@dataclass(frozen=True, slots=True)
class _Parts:
    rng: random.Random

    def usually(self, usual: str, *others: str) -> str:
        return self.rng.choice(others) if self.rng.random() < UNUSUAL else usual

    def one_of(self, *texts: str) -> str:
        return self.rng.choice(texts)

    def of_version(self, sdl: str) -> str:
        is_new = self.rng.random() < UNUSUAL
        return linked(sdl) if is_new else f"# federation 1\n{sdl}"

    def owner(self) -> str:
        head = self.usually("type", "extend type", "interface")
        fields = self.usually("fa: Int", "fa: Int!", "fa: Int @shareable", "")
        return (
            f"{head} Entity {self.key()} {{ id: ID! sku: ID {fields} }}"
            f" {self.value()} {self.inputs()}"
            f" type Query {{ a: Entity {self.provides()} va: Value {self.argument()} }}"
        )

    def extension(self, name: str) -> str:
        head = self.usually("extend type Entity", "type Entity @extends", "type Entity")
        mark = self.usually("@external", "")
        more = self.one_of(
            f"f{name}: Int",
            f'fa: Int @external r{name}: Int @requires(fields: "fa")',
            f'fa: Int @external r{name}: Int @requires(fields: ["fa"])',
            f'r{name}: Int @requires(fields: "sku")',
            f"fa: Int @external f{name}: Int",
            "fa: Int",
        )
        root = f"{name}: Entity {self.provides()} v{name}: Value {self.argument()}"
        query = self.usually("extend type Query", "type Query")
        extra = self.usually("", "extend enum Color { C }", "extend union Any = Value")
        return (
            f"{head} {self.key()} {{ id: ID! {mark} sku: ID {mark} {more} }}"
            f" {self.value()} {self.inputs()} {query} {{ {root} }} {extra}"
        )

    def key(self) -> str:
        """Make a key, never as a list.

        The reference takes the fields of such a key on an extension for external ones.
        """
        fields = self.usually('"id"', '"id sku"', '"sku"')
        second = self.usually("", '@key(fields: "sku")', '@key(fields: "missing")')
        return f"@key(fields: {fields}) {second}"

    def value(self) -> str:
        return self.usually(
            "type Value { x: Int y: Int }",
            "type Value { x: Int }",
            "type Value { x: Int! y: Int }",
            "type Value { x: Int @external }",
            "type Value { x: Int } extend type Value { y: Int }",
            "extend type Value { x: Int }",
        )

    def inputs(self) -> str:
        default = self.usually("= A", '= "A"', "", '= "Z"')
        return f"enum Color {{ A B }} input In {{ c: Color {default} l: [Color!] }}"

    def provides(self) -> str:
        return self.usually("", '@provides(fields: "sku")', '@provides(fields: "fa")')

    def argument(self) -> str:
        default = self.usually("", '= {c: "A"}', "= {c: A}")
        return f"by(i: In {default}): Int"
