"""Field sets: the selections in `@key`, `@requires`, `@provides` and `@fromContext`.

Each text is parsed once into graphql-core's nodes, and walked together with the types
that it selects from. `validation.selections.field_sets` validates them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from weir.schema.model.definitions import Field, Kind, TypeDefinition
from weir.schema.model.type_refs import base_name

_CACHED_TEXTS = 16_384


@lru_cache(maxsize=_CACHED_TEXTS)
def parse_field_set(text: str) -> SelectionSetNode:
    """Parse a field set, with or without its outer braces. Raises GraphQLError."""
    source = text if text.lstrip().startswith("{") else f"{{{text}}}"
    definitions = parse(source, max_tokens=10_000).definitions
    operation = definitions[0]
    if len(definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        message = f'"{text}" is not a selection of fields'
        raise GraphQLError(message)
    if _has_empty_selection(operation.selection_set):
        message = f'"{text}" has an empty selection'
        raise GraphQLError(message)
    return operation.selection_set


def _has_empty_selection(selections: SelectionSetNode) -> bool:
    """Return whether braces are empty, which graphql-core's parser accepts."""
    inner = (getattr(node, "selection_set", None) for node in selections.selections)
    return not selections.selections or any(
        _has_empty_selection(each) for each in inner if each is not None
    )


@dataclass(frozen=True, slots=True)
class Selected:
    """A field that a field set selects: its parent type, and its type reference."""

    parent: TypeDefinition
    field: Field
    node: FieldNode

    @property
    def coordinate(self) -> str:
        return f"{self.parent.name}.{self.field.name}"


def selected_fields(
    types: Mapping[str, TypeDefinition], parent: str, text: str | None
) -> Iterator[Selected]:
    """Yield all fields that a set selects, nested ones too; skip invalid selections."""
    if text is None:
        return
    try:
        selections = parse_field_set(text)
    except (GraphQLError, RecursionError):
        return
    yield from _walk(types, parent, selections)


def _walk(
    types: Mapping[str, TypeDefinition], parent: str, selections: SelectionSetNode
) -> Iterator[Selected]:
    owner = types.get(parent)
    for node in selections.selections:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            narrowed = condition.name.value if condition else parent
            yield from _walk(types, narrowed, node.selection_set)
        elif isinstance(node, FieldNode) and owner is not None:
            found = owner.fields.get(node.name.value)
            if found is None:
                continue
            yield Selected(owner, found, node)
            if node.selection_set is not None:
                yield from _walk(types, base_name(found.type), node.selection_set)


def target_fields(
    types: Mapping[str, TypeDefinition], parent: str, text: str | None
) -> Iterator[str]:
    """Yield the coordinates of a set's fields, with those of implementing types."""
    for selected in selected_fields(types, parent, text):
        yield selected.coordinate
        if selected.parent.kind is Kind.INTERFACE:
            name = selected.field.name
            for other in types.values():
                if selected.parent.name in other.interfaces and name in other.fields:
                    yield f"{other.name}.{name}"
