"""The normalised operation: fields alone, each with the types it applies to.

Fragments, aliases, directives and repetitions are gone. What is left of a position is
a tuple of fields; those of one key have disjoint types.
"""

from dataclasses import dataclass

from graphql import FieldNode

from weir.resolvers.operation.conditions import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of some object types, under its canonical key.

    `types` are the object types it is asked of; `is_whole` says that it is written on
    the position's own type, not in fragments alone. `condition` is absolute: it
    holds that of all fields above. A composite field has `fields`; if it has none for
    some of its possible types, its existence is still asked for.
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
