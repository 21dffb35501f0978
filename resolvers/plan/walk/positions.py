"""Positions: the parts of a response that hold objects.

A field of some types of the parent position makes a position. If different subgraphs
resolve the field for different types of an abstract position, it makes one position per
group of types, so that each group can have its own path.
"""

import dataclasses
from dataclasses import dataclass

from weir.resolvers.operation.conditions import ALWAYS, Condition
from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.model.nodes import (
    Each,
    Key,
    OnTypes,
    ResponsePath,
    show_path,
)


@dataclass(slots=True, eq=False)
class Position:
    """Objects at one response path, compared by identity.

    `owner_types` are the types of the parent that have the field, `types` the possible
    object types here, and `reached` the subgraphs that the field can lead to.
    """

    parent: "Position | None"
    field: Field | None
    owner_types: frozenset[str]
    type_name: str
    types: frozenset[str]
    path: ResponsePath
    reached: frozenset[str] = frozenset()
    children: "dict[tuple[str, frozenset[str]], Position]" = dataclasses.field(
        default_factory=lambda: dict[tuple[str, frozenset[str]], Position]()
    )

    is_abstract: bool = dataclasses.field(init=False)
    """Whether the type of an object is only known from its `__typename`."""

    def __post_init__(self) -> None:
        self.is_abstract = self.types != frozenset({self.type_name})

    @property
    def key(self) -> str:
        """The key of the position's field."""
        return self.field.key if self.field else ""

    @property
    def in_words(self) -> str:
        """The path by the names of its fields, for messages to clients."""
        parent, names = self, list[str]()
        while parent.field is not None and parent.parent is not None:
            names.append(parent.field.name)
            parent = parent.parent
        return ".".join(reversed(names)) or "the root"

    def leads_to(self, other: "Position") -> bool:
        """Return whether this position is another one, or above it."""
        return self is other or self.is_above(other)

    def is_above(self, other: "Position") -> bool:
        """Return whether this position leads to another one."""
        parent = other.parent
        while parent is not None and parent is not self:
            parent = parent.parent
        return parent is self

    def __repr__(self) -> str:
        return show_path(self.path)


def root_position(type_name: str) -> Position:
    """Return the position of the response's root."""
    return Position(None, None, frozenset(), type_name, frozenset({type_name}), ())


def path_below(parent: Position, made_by: Field, *, is_list: bool) -> ResponsePath:
    """Return the path that a field of a position leads to."""
    condition = (
        ()
        if made_by.types >= parent.types
        else (OnTypes(tuple(sorted(made_by.types & parent.types))),)
    )
    each = (Each(),) if is_list else ()
    return (*parent.path, *condition, Key(made_by.key), *each)


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """A leaf field of a position to fetch, or the existence of its objects.

    There is no `field` where only the existence of the object is needed.
    """

    position: Position
    field: Field | None
    condition: Condition = ALWAYS

    @property
    def types(self) -> frozenset[str]:
        return self.field.types if self.field else self.position.types

    @property
    def is_typename(self) -> bool:
        return self.field is not None and self.field.name == "__typename"

    def __repr__(self) -> str:
        return f"{self.position}: {self.field or 'exists'}"
