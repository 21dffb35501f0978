"""Type references: `[Product!]!` is `NonNull(ListOf(NonNull(Named)))`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode

TypeRef: TypeAlias = "Named | ListOf | NonNull"


@dataclass(frozen=True, slots=True)
class Named:
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListOf:
    of: TypeRef

    def __str__(self) -> str:
        return f"[{self.of}]"


@dataclass(frozen=True, slots=True)
class NonNull:
    of: Named | ListOf

    def __str__(self) -> str:
        return f"{self.of}!"


IsMember: TypeAlias = Callable[[str, str], bool]
"""Returns whether the first named type is a possible type of the second."""


def type_ref(node: TypeNode, renamed: dict[str, str]) -> TypeRef:
    """Build a type reference from its AST; `renamed` maps names to be replaced."""
    match node:
        case NonNullTypeNode():
            of = type_ref(node.type, renamed)
            assert not isinstance(of, NonNull)
            return NonNull(of)
        case ListTypeNode():
            return ListOf(type_ref(node.type, renamed))
        case NamedTypeNode():
            return Named(renamed.get(node.name.value, node.name.value))
        case _:
            message = f"not a type: {node!r}"
            raise TypeError(message)


def base_name(ref: TypeRef) -> str:
    while not isinstance(ref, Named):
        ref = ref.of
    return ref.name


def nullable(ref: TypeRef) -> Named | ListOf:
    return ref.of if isinstance(ref, NonNull) else ref


def is_list(ref: TypeRef) -> bool:
    return isinstance(nullable(ref), ListOf)


def is_subtype(narrow: TypeRef, wide: TypeRef, is_member: IsMember) -> bool:
    """Return whether `narrow` is a subtype of `wide`, by GraphQL's covariance.

    An item type is not a subtype of its list type, because a gateway cannot wrap a
    value from a subgraph in a list.
    """
    match narrow, wide:
        case NonNull(of=inner), NonNull(of=outer):
            return is_subtype(inner, outer, is_member)
        case NonNull(of=inner), _:
            return is_subtype(inner, wide, is_member)
        case ListOf(of=inner), ListOf(of=outer):
            return is_subtype(inner, outer, is_member)
        case Named(name=name), Named(name=other):
            return name == other or is_member(name, other)
        case _:
            return False
