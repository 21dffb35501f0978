"""The plan: fetches, and what each waits for.

A plan is a graph of fetches, run as one: each starts when its parents have ended.
Inside the gateway every field lives under its *canonical key*, a function of the
field's name and arguments (`resolvers.operation.response_key`): aliases of clients
appear in the projection alone. Only a mutation's root fields are keyed by the client's
response names, because side effects are not deduplicated.

    Plan
    +-- Fetch             one request to one subgraph
        +-- EntityFetch   one aliased `_entities` in it: where the entities sit,
            |             and how each is represented
            +-- Representation   per concrete types: __typename, key and requires
            +-- ContextValue     a variable that an ancestor of the entity gives
"""

from dataclasses import dataclass
from typing import TypeAlias

from graphql import OperationType

from weir.resolvers.operation.conditions import Condition
from weir.resolvers.plan.model.expected import ExpectedFields

PathSegment: TypeAlias = "Key | Each | OnTypes"
ResponsePath: TypeAlias = tuple[PathSegment, ...]
RequiredSelection: TypeAlias = "RequiredField | RequiredFragment"


@dataclass(frozen=True, slots=True)
class Key:
    """Go to the value under this canonical key."""

    name: str


@dataclass(frozen=True, slots=True)
class Each:
    """Go to every item of the list, nested lists included."""


@dataclass(frozen=True, slots=True)
class OnTypes:
    """Go on only where `__typename` is one of these (sorted) object types."""

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredField:
    """A field of a representation: read under `key`, sent under `name`."""

    key: str
    name: str
    selections: tuple[RequiredSelection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredFragment:
    """Selections that apply to objects of these (sorted) object types alone."""

    types: tuple[str, ...]
    selections: tuple[RequiredSelection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """How an object of one of `types` is represented.

    Empty `types` mean every object at the path, whatever its `__typename` and even if
    it has none (one static type, or an interface object whose type is not known);
    `typename` is given then. `typename` is what is sent where the plan knows it, or
    where the subgraph knows the object under another name (an interface object); None
    sends the object's own. `key` must be complete for the entity to be fetched at all;
    in `requires` null is passed on as null.
    """

    types: tuple[str, ...]
    key: tuple[RequiredSelection, ...]
    requires: tuple[RequiredSelection, ...] = ()
    typename: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextValue:
    """A variable whose value an ancestor of each entity gives (`@fromContext`).

    The ancestor is the object that the first `level` segments of the entities' path
    lead to; `selections` lead from it to one leaf (the first that applies to its
    type). A fetch with context values is sent once per distinct tuple of values.
    """

    variable: str
    level: int
    selections: tuple[RequiredSelection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityFetch:
    """One `_entities` field of a fetch's document: its alias, its variable."""

    alias: str
    variable: str
    path: ResponsePath
    representations: tuple[Representation, ...]
    contexts: tuple[ContextValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """In objects of `types` at `path` of the reply, `sent` is stored as `key`.

    Written where two types of one position give one key with types that conflict.
    The path is relative to the fetched object: the reply's root, or each entity.
    """

    path: ResponsePath
    types: tuple[str, ...]
    sent: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One request to one subgraph.

    `document` is the GraphQL text that is sent, `expected` its selection set as values;
    `variables` are the names of the operation's variables (hidden ones included) that
    it declares. Without `entities`
    it is a root fetch, whose data is merged at `path` (empty: the response's root).
    `parents` are the ids of the fetches that must have ended. A fetch whose entities
    have context values holds one EntityFetch alone.
    """

    id: int
    subgraph: str
    kind: OperationType
    document: str
    expected: ExpectedFields
    variables: tuple[str, ...] = ()
    path: ResponsePath = ()
    entities: tuple[EntityFetch, ...] = ()
    parents: tuple[int, ...] = ()
    condition: Condition = ()
    renames: tuple[Rename, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether the request may be repeated: it is not a mutation."""
        return self.kind is not OperationType.MUTATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The fetches that answer an operation, parents before children.

    `__typename` is fetched at positions of abstract type (at those of object type it is
    known without). It is left out where interface objects alone answer and every
    possible type is asked for the same: an object that has none there is shown as any
    of the possible types would be, or by the interface's own fields if there are none.
    A subscription's first fetch is its primary: the others run once per event.
    """

    kind: OperationType
    fetches: tuple[Fetch, ...]
