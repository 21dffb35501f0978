"""The fields of a normalised operation, each with the types it applies to.

A normalised operation has no fragments, aliases, directives or repetitions. A position
is a tuple of fields. Fields of one key have disjoint types.
"""

from dataclasses import dataclass

from graphql import FieldNode

from weir.resolvers.operation.conditions import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of some object types, under its canonical key.

    `types` are the object types that the field is selected on. `is_whole` is true if it
    is selected on the position's own type, and not only in fragments. `condition` is
    absolute: it includes the conditions of all fields above. A composite field has
    `fields`. If it has none for some of its possible types, its existence is still
    fetched.
    """

    key: str
    name: str
    node: FieldNode
    types: frozenset[str]
    condition: Condition
    fields: tuple["Field", ...] = ()
    is_leaf: bool = True
    is_whole: bool = True

    def __repr__(self) -> str:
        on = "|".join(sorted(self.types))
        return f"{on}.{self.key}{list(self.fields) if self.fields else ''}"
