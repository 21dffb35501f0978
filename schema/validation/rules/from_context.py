"""The rules of `@fromContext`: an argument from an ancestor that sets the context.

It is applied to an argument without a default, of an object's field that does not
implement an interface field. Its selection selects one leaf (see `context_selections`).
The field's object must be an entity, so that the gateway can send the value with a new
fetch.
https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#fromcontext
"""

from collections.abc import Iterator
from dataclasses import dataclass

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.context_values import context_value, setters
from weir.schema.model.definitions import (
    Applied,
    Field,
    InputValue,
    Kind,
    TypeDefinition,
)
from weir.schema.subgraphs.subgraph_facts import fields_of
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.rules.context_selections import selection_problem
from weir.schema.validation.selections.keys import is_resolvable


def from_context(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    """Yield CONTEXT_NOT_SET, CONTEXT_INVALID_SELECTION and related errors."""
    for definition, field in fields_of(subgraph.types):
        for argument in field.arguments.values():
            applied = argument.first("fromContext")
            if applied is not None:
                yield from _Check(
                    subgraph, definition, field, argument, applied
                ).errors()
    for directive in subgraph.directives.values():
        for argument in directive.arguments.values():
            if argument.has("fromContext"):
                yield subgraph.error(
                    Code.CONTEXT_NOT_SET,
                    "@fromContext argument cannot be used on a directive definition"
                    f' "@{directive.name}({argument.name}:)".',
                    argument,
                )


@dataclass(frozen=True, slots=True)
class _Check:
    subgraph: SubgraphSchema
    definition: TypeDefinition
    field: Field
    argument: InputValue
    applied: Applied

    @property
    def coordinate(self) -> str:
        return f"{self.definition.name}.{self.field.name}({self.argument.name}:)"

    def errors(self) -> Iterator[CompositionError]:
        if self.definition.kind is not Kind.OBJECT:
            yield self._error(
                Code.CONTEXT_NOT_SET,
                "@fromContext argument cannot be used on a field that exists on an"
                f' abstract type "{self.coordinate}".',
            )
            return
        yield from self._position()
        yield from self._value()
        if not any(map(is_resolvable, self.definition.all("key"))):
            yield self._error(
                Code.CONTEXT_NO_RESOLVABLE_KEY,
                f'Object "{self.definition.name}" has no resolvable key but has a field'
                " with a contextual argument.",
            )

    def _error(self, code: Code, message: str) -> CompositionError:
        return self.subgraph.error(code, message, self.applied)

    def _position(self) -> Iterator[CompositionError]:
        for name in self.definition.interfaces:
            interface = self.subgraph.types.get(name)
            if interface is not None and self.field.name in interface.fields:
                yield self._error(
                    Code.CONTEXT_NOT_SET,
                    "@fromContext argument cannot be used on a field implementing an"
                    f' interface field "{name}.{self.field.name}".',
                )
        if self.argument.default is not None:
            yield self._error(
                Code.CONTEXT_NOT_SET,
                "@fromContext arguments may not have a default value:"
                f' "{self.coordinate}".',
            )

    def _value(self) -> Iterator[CompositionError]:
        value = context_value(self.applied)
        if value is None or not value.selection:
            yield self._error(
                Code.NO_CONTEXT_IN_SELECTION,
                f"@fromContext argument does not reference a context and a selection:"
                f' "{self.applied.text("field") or ""}".',
            )
            return
        types = tuple(setters(self.subgraph.types, value.name))
        if not types:
            yield self._error(
                Code.CONTEXT_NOT_SET,
                f'Context "{value.name}" is used at location "{self.coordinate}" but is'
                " never set.",
            )
            return
        problem = selection_problem(
            self.subgraph, value.selection, types, self.argument.type
        )
        if problem:
            yield self._error(
                Code.CONTEXT_INVALID_SELECTION,
                f'Context "{value.name}" is used in "{self.coordinate}" but the'
                f" selection is invalid: {problem}",
            )
