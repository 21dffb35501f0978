"""The selection of a fetch as a tree: the expected shape of the subgraph's reply.

The document of a fetch is text for the subgraph. This tree is the same selection as
values. The executor validates replies against it and does not parse the text again.
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

    `type` is its type in the subgraph's schema as GraphQL text. `call` is the field as
    it is in the document (alias, name, arguments, directives of the client). The reply
    only has the field if `condition` holds. A leaf has no `selection`.
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
