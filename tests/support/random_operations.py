"""Random operations: fragments, aliases, arguments, conditions, variables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(slots=True)
class RandomOperation:
    """A document, and the values of its variables."""

    document: str
    variables: dict[str, Any]


@st.composite
def operations(draw: Draw, schema: GraphQLSchema) -> RandomOperation:
    writer = _Writer(draw, schema)
    body = writer.selections(schema.type_map["Query"], 0)
    fragments = " ".join(writer.fragments)
    used = writer.variables
    head = ", ".join(f"${name}: {type_}" for name, type_ in used.items())
    variables = {
        name: draw(st.booleans()) if type_ == "Boolean!" else draw(st.integers(0, 2))
        for name, type_ in used.items()
    }
    document = f"query {f'({head})' if head else ''} {{ {body} }} {fragments}"
    return RandomOperation(document, variables)


@dataclass(slots=True)
class _Writer:
    draw: Draw
    schema: GraphQLSchema
    variables: dict[str, str] = field(default_factory=dict[str, str])
    fragments: list[str] = field(default_factory=list[str])
    left: int = 40

    def selections(self, of: Any, depth: int) -> str:
        count = self.draw(st.integers(1, 4))
        parts = [self.selection(of, depth) for _ in range(count)]
        return " ".join(part for part in parts if part) or "__typename"

    def selection(self, of: Any, depth: int) -> str:
        self.left -= 1
        if self.left < 0:
            return ""
        is_abstract = isinstance(of, GraphQLInterfaceType | GraphQLUnionType)
        kind = self.draw(st.integers(0, 9))
        if is_abstract and kind < 5:
            return self.fragment(of, depth)
        if kind == 9 and isinstance(of, GraphQLObjectType):
            inner = self.selections(of, depth)
            return f"... {self.condition()} {{ {inner} }}"
        if kind == 8 or isinstance(of, GraphQLUnionType):
            return f"{self.alias('__typename')}__typename"
        return self.field(of, depth)

    def fragment(self, of: Any, depth: int) -> str:
        possible = sorted(t.name for t in self.schema.get_possible_types(of))
        name = self.draw(st.sampled_from(possible))
        inner = self.selections(self.schema.type_map[name], depth)
        if self.draw(st.booleans()):
            return f"... on {name} {self.condition()} {{ {inner} }}"
        label = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {label} on {name} {{ {inner} }}")
        return f"...{label} {self.condition()}"

    def field(self, of: Any, depth: int) -> str:
        fields = sorted(name for name in of.fields if not name.startswith("_"))
        if not fields:
            return "__typename"
        name = self.draw(st.sampled_from(fields))
        target = of.fields[name].type
        while hasattr(target, "of_type"):
            target = target.of_type
        called = f"{self.alias(name)}{name}{self.arguments(of.fields[name])}"
        if not hasattr(target, "fields") and not isinstance(target, GraphQLUnionType):
            return f"{called} {self.condition()}"
        if depth >= 4:
            return ""
        inner = self.selections(target, depth + 1)
        return f"{called} {self.condition()} {{ {inner} }}"

    def alias(self, name: str) -> str:
        """Give an alias that no other field of the operation has, or none."""
        return f"a{self.left}_{name}: " if self.draw(st.integers(0, 2)) == 0 else ""

    def arguments(self, of: Any) -> str:
        if "by" not in of.args:
            return ""
        kind = self.draw(st.integers(0, 3))
        if kind == 3:
            self.variables["n"] = "Int"
            return "(by: $n)"
        # One literal per name and alias keeps fields of one response name mergeable.
        return "(by: 1)"

    def condition(self) -> str:
        if self.draw(st.integers(0, 4)):
            return ""
        name = self.draw(st.sampled_from(["x", "y"]))
        self.variables[name] = "Boolean!"
        directive = self.draw(st.sampled_from(["include", "skip"]))
        return f"@{directive}(if: ${name})"
