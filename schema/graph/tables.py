"""The supergraph's lookup tables: the declarations of each type, by subgraph."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from weir.schema.graph.selections import FieldSet
from weir.schema.model.access import UNRESTRICTED, AccessRequirement

ROOT_TYPES = ("Query", "Mutation", "Subscription")


class TypeKind(Enum):
    """The kinds of named types."""

    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT = "input"
    SCALAR = "scalar"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphInfo:
    """A subgraph, as in `join__Graph`."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKey:
    """One `@key` of a type in one subgraph."""

    fields: FieldSet
    resolvable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextArgument:
    """An argument that a subgraph's resolver takes from an ancestor."""

    name: str
    type: str
    context: str
    selection: FieldSet


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldJoin:
    """One field in one subgraph; `type` is its type there.

    A `label`, if any, decides which subgraph resolves the field. If `wins_with_label`,
    this subgraph does while the label is active, and otherwise while it is not.
    """

    type: str
    resolvable: bool
    requires: FieldSet | None = None
    provides: FieldSet | None = None
    label: str | None = None
    wins_with_label: bool = False
    contexts: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeJoin:
    """One type in one subgraph."""

    keys: tuple[EntityKey, ...] = ()
    is_interface_object: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """One field of the supergraph, and its joins by subgraph name.

    `access` has the requirements of its own directives.
    """

    name: str
    type: str
    joins: Mapping[str, FieldJoin]
    access: AccessRequirement = UNRESTRICTED


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeInfo:
    """One type of the supergraph, and its joins by subgraph name.

    `possible` are its possible object types (an object type has itself), in all and by
    subgraph. `contexts` are the names of the contexts that it sets. `access` has the
    requirements of its own directives.
    """

    name: str
    kind: TypeKind
    joins: Mapping[str, TypeJoin]
    fields: Mapping[str, FieldInfo]
    interfaces: frozenset[str]
    possible: frozenset[str]
    possible_in: Mapping[str, frozenset[str]]
    contexts: tuple[str, ...] = ()
    inaccessible: bool = False
    access: AccessRequirement = UNRESTRICTED

    @property
    def is_abstract(self) -> bool:
        return self.kind is TypeKind.INTERFACE or self.kind is TypeKind.UNION

    @property
    def is_composite(self) -> bool:
        return self.is_abstract or self.kind is TypeKind.OBJECT
