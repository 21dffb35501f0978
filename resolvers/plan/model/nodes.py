"""The plan: fetches, and the fetches that each waits for.

A plan is a graph of fetches. Each fetch starts when its parents have ended. Inside the
gateway each field has a *canonical key*, a function of its name and arguments
(`resolvers.operation.response_key`). Aliases of clients only appear in the projection.
The root fields of a mutation are the exception: they have the client's response names
as keys, because side effects are not deduplicated.

    Plan
    +-- Fetch             one request to one subgraph
        +-- EntityFetch   one aliased `_entities` in it: the path of the entities,
            |             and their representations
            +-- Representation   per concrete types: __typename, key and requires
            +-- ContextValue     a variable with a value from an ancestor
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
    """A step to the value under this canonical key."""

    name: str


@dataclass(frozen=True, slots=True)
class Each:
    """A step to every item of the list, nested lists included."""


@dataclass(frozen=True, slots=True)
class OnTypes:
    """A step that only continues where `__typename` is one of these sorted types."""

    types: tuple[str, ...]


def show_path(path: ResponsePath) -> str:
    """Print a path: `products.@.[Book].author`."""
    return ".".join(_show_segment(segment) for segment in path)


def _show_segment(segment: Key | Each | OnTypes) -> str:
    match segment:
        case Key(name):
            return name
        case Each():
            return "@"
        case OnTypes(types):
            return f"[{'|'.join(types)}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredField:
    """A field of a representation: read under `key`, sent under `name`."""

    key: str
    name: str
    selections: tuple[RequiredSelection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredFragment:
    """Selections that only apply to objects of these sorted object types."""

    types: tuple[str, ...]
    selections: tuple[RequiredSelection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """The representation of an object of one of `types`.

    Empty `types` mean every object at the path, whatever its `__typename` and even if
    it has none (one static type, or an interface object of unknown type). `typename` is
    set in this case. It replaces the object's own type name where the plan knows the
    type, or where the subgraph has another name for it (an interface object). None
    sends the object's own. The entity is only fetched if `key` is complete. A null in
    `requires` is sent as null.
    """

    types: tuple[str, ...]
    key: tuple[RequiredSelection, ...]
    requires: tuple[RequiredSelection, ...] = ()
    typename: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextValue:
    """A variable with a value from an ancestor of each entity (`@fromContext`).

    The first `level` segments of the entities' path lead to the ancestor. `selections`
    lead from there to one leaf, the first one that applies to the ancestor's type. A
    fetch with context values is sent once per distinct tuple of values.
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

    It is needed where two types of one position have a key with conflicting types. The
    path is relative to the fetched object: the root of the reply, or each entity.
    """

    path: ResponsePath
    types: tuple[str, ...]
    sent: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One request to one subgraph.

    `document` is the GraphQL text that is sent, `expected` its selection set as values.
    `variables` are the names of the operation's variables that it declares, hidden ones
    included. A fetch without `entities` is a root fetch, and its data is merged at
    `path` (empty: the root of the response). `parents` are the ids of the fetches that
    must have ended. A fetch whose entities have context values has only one
    EntityFetch.
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
    """The fetches of an operation, parents before children.

    `__typename` is fetched at positions of abstract type; at positions of object type
    it is known. It is left out where only interface objects resolve the position and
    the selection is the same for all possible types. An object without it is projected
    as any of the possible types, or by the interface's own fields if there are none.
    The first fetch of a subscription is the primary one. The others run once per event.
    """

    kind: OperationType
    fetches: tuple[Fetch, ...]
