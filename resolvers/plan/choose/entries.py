"""Entity entries: the representations by which a step enters a subgraph."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.normalise import united
from weir.resolvers.plan.walk.positions import Position
from weir.schema.graph.nodes import Node


@dataclass(frozen=True, slots=True)
class ContextSource:
    """The fields of an ancestor that hold the value of a contextual argument."""

    ancestor: Position
    fields: tuple[Field, ...]
    type: str

    def is_alike(self, other: "ContextSource") -> bool:
        """Return whether both are equal apart from the types of the ancestor."""
        return self.ancestor is other.ancestor and self.type == other.type

    def joined(self, other: "ContextSource") -> "ContextSource":
        """Return a source that applies to the types of both."""
        fields = tuple(united((*self.fields, *other.fields)))
        return ContextSource(self.ancestor, fields, self.type)


@dataclass(slots=True, eq=False)
class EntityEntry:
    """The representation of objects of `types` (empty: all) in a step.

    `node` is their node in the subgraph. `typename` replaces the object's own type
    name. `requires` has field sets by their text, `contexts` has sources by object
    type, field and argument.
    """

    types: frozenset[str]
    typename: str | None
    node: Node
    key: tuple[Field, ...] = ()
    requires: dict[str, tuple[Field, ...]] = field(
        default_factory=dict[str, tuple[Field, ...]]
    )
    contexts: dict[tuple[str, str, str], ContextSource] = field(
        default_factory=dict[tuple[str, str, str], ContextSource]
    )

    def joined(self, other: "EntityEntry") -> "EntityEntry":
        """Return an entry that also carries the requirements of another one."""
        return replace(
            self,
            requires={**self.requires, **other.requires},
            contexts={**self.contexts, **other.contexts},
        )

    def agrees_with(self, other: "EntityEntry") -> bool:
        """Return whether one representation can serve both."""
        if self.node is not other.node or self.typename != other.typename:
            return False
        sent = {each.name: each.key for each in self.sent()}
        return all(sent.get(each.name, each.key) == each.key for each in other.sent())

    def is_same_as(self, other: "EntityEntry") -> bool:
        """Return whether both represent the same types in the same way."""
        return (
            self.node is other.node
            and self.typename == other.typename
            and self.key == other.key
            and self.requires == other.requires
            and self.contexts.keys() == other.contexts.keys()
            and all(
                source.is_alike(other.contexts[argument])
                for argument, source in self.contexts.items()
            )
        )

    def with_contexts_of(self, other: "EntityEntry") -> "EntityEntry":
        """Return an entry whose contexts also apply to the types of another one."""
        contexts = {
            argument: source.joined(other.contexts[argument])
            for argument, source in self.contexts.items()
        }
        return replace(self, contexts=contexts)

    def sent(self) -> Iterable[Field]:
        """Yield the fields of the representation."""
        yield from self.key
        for fields in self.requires.values():
            yield from fields
