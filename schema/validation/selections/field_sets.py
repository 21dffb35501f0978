"""The validation of the `fields` of `@key`, `@provides` and `@requires`.

A set that does not match the subgraph's types (syntax, unknown field, alias, missing or
unexpected subselection) is one error. Otherwise the rules of its directive are applied
to each selected field.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionSetNode,
    StringValueNode,
)

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.model.definitions import Applied, Field, Kind
from weir.schema.model.field_set import parse_field_set
from weir.schema.model.type_refs import base_name
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.validation.selections.selections import (
    FieldRule,
    InvalidFieldSet,
    SelectionReader,
    anything,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRules:
    """The rules of a directive's field set; `on_field` adds checks of its own.

    `allows_disjoint` is that of `SelectionReader`.
    """

    spec: str
    allows_arguments: bool = False
    allows_resolved: bool = False
    allows_disjoint: bool = False
    on_field: FieldRule = anything

    def code(self, suffix: str) -> Code:
        return Code(f"{self.spec.upper()}_{suffix}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSetCheck:
    """The check of one application of a field set directive."""

    subgraph: SubgraphSchema
    applied: Applied
    rules: SetRules
    on: str

    def errors(self, parent: str) -> Iterator[CompositionError]:
        """Yield the errors in the set, selected from type `parent`."""
        value = self.applied.arguments.get("fields")
        if not isinstance(value, StringValueNode):
            message = "the value must be a string literal that holds a field set."
            yield self._error(self.rules.code("INVALID_FIELDS_TYPE"), message)
            return
        try:
            selections = parse_field_set(value.value)
            self._reader().selections(parent, selections)
        except (GraphQLError, InvalidFieldSet) as error:
            own = error.code if isinstance(error, InvalidFieldSet) else None
            message = error.message if isinstance(error, GraphQLError) else str(error)
            yield self._error(own or self.rules.code("INVALID_FIELDS"), message)
            return
        yield from self._checked(parent, selections, below_external=False)

    def _reader(self) -> SelectionReader:
        rules = self.rules
        return SelectionReader(self.subgraph, rules.on_field, rules.allows_disjoint)

    def _error(self, code: Code, message: str) -> CompositionError:
        fields = self.applied.text("fields")
        shown = f'fields: "{fields}"' if fields is not None else "fields: ..."
        return self.subgraph.error(
            code,
            f"On {self.on}, for @{self.rules.spec}({shown}): {message}",
            self.applied,
        )

    def _checked(
        self, parent: str, selections: SelectionSetNode, *, below_external: bool
    ) -> Iterator[CompositionError]:
        for node in selections.selections:
            if isinstance(node, FieldNode | InlineFragmentNode) and node.directives:
                names = ", ".join(f"@{each.name.value}" for each in node.directives)
                message = (
                    "cannot have directive applications in the @"
                    f"{self.rules.spec}(fields:) argument but found {names}."
                )
                yield self._error(self.rules.code("DIRECTIVE_IN_FIELDS_ARG"), message)
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                narrowed = condition.name.value if condition else parent
                yield from self._checked(
                    narrowed, node.selection_set, below_external=below_external
                )
            elif isinstance(node, FieldNode) and node.name.value == "__typename":
                coordinate = f"{parent}.__typename"
                yield from self._leaf(coordinate, is_external=below_external)
            elif isinstance(node, FieldNode):
                yield from self._field(parent, node, below_external=below_external)

    def _field(
        self, parent: str, node: FieldNode, *, below_external: bool
    ) -> Iterator[CompositionError]:
        field = self.subgraph.types[parent].fields[node.name.value]
        coordinate = f"{parent}.{field.name}"
        if field.arguments and not self.rules.allows_arguments:
            message = (
                f"field {coordinate} cannot be included because it has arguments"
                f" (fields with argument are not allowed in @{self.rules.spec})"
            )
            yield self._error(self.rules.code("FIELDS_HAS_ARGS"), message)
        is_external = self.subgraph.facts.is_external(coordinate)
        if node.selection_set is not None:
            external = below_external or is_external or self._is_implemented(field)
            yield from self._checked(
                base_name(field.type), node.selection_set, below_external=external
            )
        else:
            yield from self._leaf(coordinate, is_external=is_external or below_external)

    def _leaf(
        self, coordinate: str, *, is_external: bool
    ) -> Iterator[CompositionError]:
        if not is_external and not self.rules.allows_resolved:
            yield self._error(
                self.rules.code("FIELDS_MISSING_EXTERNAL"), self._needless(coordinate)
            )

    def _needless(self, coordinate: str) -> str:
        message = (
            f'field "{coordinate}" should not be part of a @{self.rules.spec} since it'
            " is already"
        )
        if coordinate in self.subgraph.facts.fake_external:
            return (
                f'{message} "effectively" provided by this subgraph (while it is marked'
                " @external, it is a @key field of an extension type, which are not"
                " internally considered external)"
            )
        return f"{message} provided by this subgraph (it is not marked @external)"

    def _is_implemented(self, field: Field) -> bool:
        """Return whether an implementation of an interface's field is external."""
        return any(
            field is each.fields.get(field.name)
            and any(
                self.subgraph.facts.is_external(f"{other.name}.{field.name}")
                for other in self.subgraph.types.values()
                if each.name in other.interfaces
            )
            for each in self.subgraph.of_kind(Kind.INTERFACE)
        )
