"""The nodes and moves of the query graph.

A node is a type in a subgraph, and a move leads from it along a field. The return type
of a field with `@provides` is a separate copy of the node (a *view*), which also has
the provided fields. Keys are not edges of this graph. A key can enter a subgraph from
any position that has the key's fields, which depends on the plan and not on the graph.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from weir.schema.graph.selections import FieldSet
from weir.schema.graph.tables import ContextArgument, EntityKey


@dataclass(slots=True, eq=False)
class Node:
    """A type in a subgraph; compared by identity, complete when the graph is built.

    `possible` are the object types of its values. For an interface object these are all
    implementations, which the subgraph does not know. `declared` are the names of the
    type's fields in the subgraph's schema.
    """

    type_name: str
    subgraph: str
    possible: frozenset[str]
    declared: Mapping[str, str]
    is_interface_object: bool = False
    moves: "dict[str, Move]" = field(default_factory=lambda: dict[str, Move]())
    casts: "dict[str, Node]" = field(default_factory=lambda: dict[str, Node]())
    keys: tuple[EntityKey, ...] = ()
    is_view: bool = False

    def at(self, object_type: str) -> "Node | None":
        """Return the node of an object type, or None if the subgraph lacks the type."""
        if object_type == self.type_name or (
            self.is_interface_object and object_type in self.possible
        ):
            return self
        return self.casts.get(object_type)

    def __repr__(self) -> str:
        return f"{self.type_name}/{self.subgraph}{'*' if self.is_view else ''}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Move:
    """A field that its subgraph resolves; a leaf has no `target`.

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
        """Return whether the move may be used while these labels are active."""
        return self.label is None or (self.label in overrides) == self.wins_with_label

    @property
    def needs_entry(self) -> bool:
        """Return whether only an `_entities` fetch can resolve the field."""
        return self.requires is not None or bool(self.contexts)
