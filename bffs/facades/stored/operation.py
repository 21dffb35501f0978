"""A stored operation: a GraphQL document of a façade, which clients run by an id."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
)

from weir.bffs.config.errors import Problem
from weir.bffs.config.model.position import Position
from weir.bffs.facades.stored.access_directive import DeclaredAccess
from weir.bffs.facades.stored.param_directive import DeclaredParameter
from weir.bffs.facades.stored.rest_directive import RestBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOperation:
    """A named operation with the fragments that it uses, ready to be planned.

    `ids` are what clients run it by, beside the SHA-256 of `text`: its name, and those
    of manifests. `bindings`, `parameters` by variable, and `access` are those of its
    directives, which `text` lacks. `fragments` are those of its folder that it uses.
    `version` is that of the API that it belongs to, "" without versions.
    """

    name: str
    ids: tuple[str, ...]
    text: str
    definition: OperationDefinitionNode
    bindings: tuple[RestBinding, ...]
    parameters: Mapping[str, DeclaredParameter] = field(
        default_factory=dict[str, DeclaredParameter]
    )
    access: DeclaredAccess | None = None
    file: str
    fragments: tuple[FragmentDefinitionNode, ...] = ()
    version: str = ""

    @property
    def qualified_name(self) -> str:
        """Its name, after that of its version, such as `v1.Title`."""
        return f"{self.version}.{self.name}" if self.version else self.name

    @property
    def document(self) -> DocumentNode:
        """The operation and its fragments at their places in the files."""
        return DocumentNode(definitions=(self.definition, *self.fragments))

    def problem(self, place: Position, message: str) -> Problem:
        """Return a problem of this operation's file."""
        return Problem(
            file=self.file, line=place.line, column=place.column, message=message
        )

    @property
    def label(self) -> str:
        """Its name; with an id, if other operations may have the same name."""
        first = self.ids[0]
        return self.name if first == self.name else f"{self.name} ({first})"

    @property
    def declaration(self) -> str:
        """The document, its ids and what its directives declare, for a digest."""
        access = self.access.section.model_dump_json() if self.access else ""
        endpoints = (each.declaration for each in self.bindings)
        parameters = (
            f"{name} {each.place} {each.name} {each.style}"
            for name, each in self.parameters.items()
        )
        return "\n".join(
            (self.version, self.text, *self.ids, *endpoints, *parameters, access)
        )

    @property
    def mutates(self) -> bool:
        return self.definition.operation is OperationType.MUTATION
