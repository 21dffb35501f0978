"""The definitions of types and directives, in a subgraph or in the supergraph.

The parser builds them from the SDL of a subgraph, and merging builds those of the
supergraph. The parser resolves the names of federation's directives: an application of
`@key` has `spec == "key"`, no matter under which name it was imported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from enum import Enum

from graphql import Node, ValueNode

from weir.schema.model.type_refs import NonNull, TypeRef
from weir.schema.model.values import text

ROOT_TYPES = ("Query", "Mutation", "Subscription")


class Kind(Enum):
    """The kinds of types; the value is the SDL keyword."""

    SCALAR = "scalar"
    OBJECT = "type"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT = "input"


COMPOSITE = frozenset({Kind.OBJECT, Kind.INTERFACE, Kind.UNION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An application of a directive.

    `spec` is the name of the specified directive, or "" for a directive that is the
    user's own. `part` is the index of the type's declaration that carries it: 0 for the
    definition, then the extensions in order.
    """

    name: str
    arguments: Mapping[str, ValueNode] = attribute(default_factory=dict[str, ValueNode])
    spec: str = ""
    part: int = 0
    node: Node | None = attribute(default=None, compare=False)

    def text(self, argument: str) -> str | None:
        """Return the value of an argument if it is a string."""
        return text(self.arguments.get(argument))


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A part of a schema that has a name, a description and directives."""

    name: str
    description: str = ""
    directives: tuple[Applied, ...] = ()
    node: Node | None = attribute(default=None, compare=False)

    def all(self, spec: str) -> Iterator[Applied]:
        return (applied for applied in self.directives if applied.spec == spec)

    def first(self, spec: str) -> Applied | None:
        return next(self.all(spec), None)

    def has(self, spec: str) -> bool:
        return any(applied.spec == spec for applied in self.directives)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputValue(Element):
    """An argument, or a field of an input type."""

    type: TypeRef
    default: ValueNode | None = None

    @property
    def required(self) -> bool:
        return isinstance(self.type, NonNull) and self.default is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Element):
    type: TypeRef
    arguments: Mapping[str, InputValue] = attribute(
        default_factory=dict[str, InputValue]
    )
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumValue(Element):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDefinition(Element):
    """A type of any kind; members that its kind does not have are empty.

    `declarations` are its nodes in the SDL. `extensions` has a flag for each of them,
    which is true for an `extend`.
    """

    kind: Kind
    interfaces: tuple[str, ...] = ()
    fields: Mapping[str, Field] = attribute(default_factory=dict[str, Field])
    input_fields: Mapping[str, InputValue] = attribute(
        default_factory=dict[str, InputValue]
    )
    values: Mapping[str, EnumValue] = attribute(default_factory=dict[str, EnumValue])
    members: tuple[str, ...] = ()
    declarations: tuple[Node, ...] = attribute(default=(), compare=False)
    extensions: tuple[bool, ...] = (False,)

    @property
    def extended_only(self) -> bool:
        """Return whether all declarations are extensions: `extend` or `@extends`."""
        return all(self.extensions) or self.has("extends")

    def is_extension(self, part: int) -> bool:
        return self.extensions[part] or self.has("extends")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveDefinition(Element):
    arguments: Mapping[str, InputValue] = attribute(
        default_factory=dict[str, InputValue]
    )
    locations: tuple[str, ...] = ()
    repeatable: bool = False
    spec: str = ""
