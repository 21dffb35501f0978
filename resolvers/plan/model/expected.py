"""The selection of a fetch as a tree: what the subgraph's reply has to look like.

A fetch's document is text for the subgraph. The same selection stands here as values:
the executor checks replies against it, and nothing has to parse the text again.
"""

from dataclasses import dataclass

from weir.resolvers.operation.conditions import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFields:
    """A selection set: fields of every object, and fragments for some types."""

    fields: tuple["ExpectedField", ...]
    fragments: tuple["ExpectedFragment", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedField:
    """A field under its response key.

    `type` is the subgraph's own type as GraphQL text, `call` the field as the document
    has it (alias, name, arguments, directives of the client). The field is there only
    if `condition` holds. A leaf has no `selection`.
    """

    key: str
    name: str
    type: str
    call: str
    condition: Condition = ()
    selection: ExpectedFields | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFragment:
    """Fields of the objects of one type in the subgraph's schema.

    `types` are the object types that the subgraph may return here, sorted.
    """

    type_name: str
    types: tuple[str, ...]
    selection: ExpectedFields
