"""Documents that are small and cost much: each a family of any size."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from graphql import build_schema

Family: TypeAlias = Callable[[int], str]

SCHEMA = build_schema(
    f"""
    directive @tag repeatable on FIELD
    input In {{ {" ".join(f"i{n}: In" for n in range(50))} }}
    type Query {{
      a: Int n: Query l(x: [Int]): Int o(x: [In]): Int
      {" ".join(f"b{n}: Int" for n in range(10))}
      {" ".join(f"{chr(97 + n % 26)}_a_long_name_{n}x: Int" for n in range(300))}
    }}
    {" ".join(f"type A_Long_Type_Name_{n} {{ a: Int }}" for n in range(1_000))}
    """
)
"""What the documents are written for."""


def doubling_fragments(levels: int) -> str:
    """Fragments that spread the next one twice, down to an unknown one."""
    return _document(
        "{ ...F0 }",
        (
            f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}"
            for n in range(levels)
        ),
    )


def operations_with_fragment_chains(size: int, chain: int = 0) -> str:
    """Many operations, each through a chain of fragments."""
    chain = chain or size
    return _document(
        " ".join(f"query Q{n} {{ ...F0 }}" for n in range(size)),
        (f"fragment F{n} on Query {{ a ...F{n + 1} }}" for n in range(chain)),
        f"fragment F{chain} on Query {{ a }}",
    )


def operations_with_distinct_fragments(size: int) -> str:
    """Many operations that each spread a large fragment and one of their own."""
    return _document(
        " ".join(f"query Q{n} {{ ...Large ...F{n} }}" for n in range(size)),
        (f"fragment F{n} on Query {{ a }}" for n in range(size)),
        f"fragment Large on Query {{ {'n { a } ' * size} }}",
    )


def nested_twice(levels: int) -> str:
    """Equal fields beside each other, level below level."""
    text = "a"
    for _ in range(levels):
        text = f"n {{ {text} }} n {{ a }}"
    return f"{{ {text} }}"


def fragments_side_by_side(size: int) -> str:
    """Fragments that are all compared with each other."""
    return _document(
        f"{{ {' '.join(f'...F{n}' for n in range(size))} }}",
        (f"fragment F{n} on Query {{ f{n}: a }}" for n in range(size)),
    )


def merging_fragments(size: int) -> str:
    """Equal fields that each spread the same fragments."""
    spreads = " ".join(f"...F{n}" for n in range(10))
    return _document(
        f"{{ {f'n {{ {spreads} }} ' * size} }}",
        (f"fragment F{n} on Query {{ b{n} }}" for n in range(10)),
    )


def unused_fragments(size: int) -> str:
    """Fragments that no operation reaches."""
    return _document("{ a }", (f"fragment F{n} on Query {{ a }}" for n in range(size)))


def fragment_cycle(size: int) -> str:
    """A cycle through all fragments."""
    return _document(
        "{ ...F0 }",
        (f"fragment F{n} on Query {{ ...F{(n + 1) % size} }}" for n in range(size)),
    )


def spread_literal(size: int) -> str:
    """A long literal in a fragment that is spread at many places."""
    fields = " ".join(f"f{n}: n {{ ...F }}" for n in range(size))
    return f"{{ {fields} }} fragment F on Query {{ l(x: [{'1 ' * size}]) }}"


def directives(size: int) -> str:
    """One field with many directives."""
    return f"{{ a {'@tag ' * size} }}"


def literal(size: int) -> str:
    """One list with many values."""
    return f"{{ l(x: [{'1 ' * size}]) }}"


def objects(size: int) -> str:
    """One list with many empty objects."""
    return f"{{ o(x: [{'{} ' * size}]) }}"


def nested_literal(levels: int) -> str:
    """Lists in lists."""
    return f"{{ l(x: {'[' * levels}1{']' * levels}) }}"


def nested_type(levels: int) -> str:
    """Lists of lists as the type of a variable."""
    return f"query ($x: {'[' * levels}Int{']' * levels}) {{ l(x: $x) }}"


def declared_variables(size: int) -> str:
    """Variables that nothing uses."""
    return f"query ({' '.join(f'$v{n}: Int' for n in range(size))}) {{ a }}"


def one_variable_declared_often(size: int) -> str:
    """One variable, declared many times."""
    return f"query ({'$v: Int ' * size}) {{ a }}"


def anonymous_operations(size: int) -> str:
    """Operations without names."""
    return "{ a } " * size


def unknown_fields(size: int) -> str:
    """Fields whose names are nearly those of the schema."""
    return (
        f"{{ {' '.join(f'{chr(97 + n % 26)}_a_long_name_{n}' for n in range(size))} }}"
    )


def unknown_types(size: int) -> str:
    """Type conditions that are nearly types of the schema."""
    return _document(
        "{ a }",
        (f"fragment F{n} on A_Long_Type_Name_{n}_ {{ a }}" for n in range(size)),
    )


def nested_fields(levels: int) -> str:
    """Fields below fields."""
    return f"{'{ n ' * levels}{{ a }}{' }' * levels}"


def nested_inline_fragments(levels: int) -> str:
    """Inline fragments in inline fragments."""
    return f"{{ {'... { ' * levels}a{' }' * levels} }}"


def fields(size: int) -> str:
    """Fields, one like the other."""
    return f"{{ {'n { a b0 } ' * size} }}"


def _document(operations: str, fragments: Iterable[str], *more: str) -> str:
    return " ".join((operations, *fragments, *more))
