"""Nodes and moves of the query graph.

A node is a type in a subgraph; a move leads from it along a field. What only some
paths may see is a node of its own: below a field with `@provides`, the return type has
a private copy (a *view*) whose additional fields are the provided ones. Keys are no
edges here: entering a subgraph by a key is possible from wherever the key's fields are
at hand, which is a question about a plan, not about the graph.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from weir.schema.graph.selections import FieldSet
from weir.schema.graph.tables import ContextArgument, EntityKey


@dataclass(slots=True, eq=False)
class Node:
    """A type in a subgraph; compared by identity, complete once the graph is built.

    `possible` are the object types that values may have here. For an interface object
    they are all implementations, none of which the subgraph knows. `declared` are the
    names of the fields that the subgraph's schema has on the type.
    """

    type_name: str
    subgraph: str
    possible: frozenset[str]
    declared: Mapping[str, str]
    is_interface_object: bool = False
    moves: "dict[str, Move]" = field(
        default_factory=lambda: dict[str, Move]()  # noqa: PLW0108 -- defined below
    )
    casts: "dict[str, Node]" = field(
        default_factory=lambda: dict[str, Node]()  # noqa: PLW0108 -- defined below
    )
    keys: tuple[EntityKey, ...] = ()
    is_view: bool = False

    def at(self, object_type: str) -> "Node | None":
        """Give the node of one concrete type, None where it is unknown here."""
        if object_type == self.type_name or (
            self.is_interface_object and object_type in self.possible
        ):
            return self
        return self.casts.get(object_type)

    def __repr__(self) -> str:
        return f"{self.type_name}/{self.subgraph}{'*' if self.is_view else ''}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Move:
    """A field that its subgraph resolves; `target` is None at a leaf.

    `type` is the subgraph's own type of the field.
    """

    name: str
    type: str
    target: Node | None
    requires: FieldSet | None = None
    provides: FieldSet | None = None
    label: str | None = None
    wins_with_label: bool = False
    contexts: tuple[ContextArgument, ...] = ()

    def is_open(self, overrides: frozenset[str]) -> bool:
        """Say whether the move may be used while these labels are active."""
        return self.label is None or (self.label in overrides) == self.wins_with_label

    @property
    def needs_entry(self) -> bool:
        """Say whether the field runs in an `_entities` fetch alone."""
        return self.requires is not None or bool(self.contexts)
