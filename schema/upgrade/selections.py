"""The removal of fields that do not need a `@provides` or `@requires`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    print_ast,
)

from weir.schema.model.definitions import COMPOSITE, Field, Kind, TypeDefinition
from weir.schema.model.field_set import parse_field_set
from weir.schema.model.type_refs import base_name
from weir.schema.model.values import string_node
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import Others, field_without, with_fields, with_types
from weir.schema.validation.selections.selections import (
    InvalidFieldSet,
    SelectionReader,
)


def without_inactive_selections(
    subgraph: SubgraphSchema, others: Others
) -> SubgraphSchema:
    """Remove each selection that is neither external nor below an external field."""
    del others
    pruning = _Pruning(subgraph)
    return with_types(subgraph, pruning.type)


@dataclass(frozen=True, slots=True)
class _Pruning:
    subgraph: SubgraphSchema

    def type(self, definition: TypeDefinition) -> TypeDefinition:
        return with_fields(definition, lambda field: self._field(definition, field))

    def _field(self, owner: TypeDefinition, field: Field) -> Field:
        field = self._spec(field, "provides", base_name(field.type))
        return self._spec(field, "requires", owner.name)

    def _spec(self, field: Field, spec: str, parent: str) -> Field:
        applied = field.first(spec)
        text = applied.text("fields") if applied else None
        if applied is None or text is None:
            return field
        try:
            selections = parse_field_set(text)
            reader = SelectionReader(self.subgraph, allows_disjoint=True)
            reader.selections(parent, selections)
        except (GraphQLError, InvalidFieldSet):
            # Validation reports an invalid set.
            return field
        remaining = self._selections(parent, selections)
        if remaining is not None and print_ast(remaining) == print_ast(selections):
            return field
        if remaining is None:
            return field_without(field, spec)
        inner = " ".join(
            print_ast(remaining).removeprefix("{").removesuffix("}").split()
        )
        pruned = replace(applied, arguments={"fields": string_node(inner)})
        directives = tuple(
            pruned if each is applied else each for each in field.directives
        )
        return replace(field, directives=directives)

    def _selections(
        self, parent: str, selections: SelectionSetNode
    ) -> SelectionSetNode | None:
        nodes = tuple(self._pruned(parent, selections))
        return SelectionSetNode(selections=nodes) if nodes else None

    def _pruned(
        self, parent: str, selections: SelectionSetNode
    ) -> Iterator[SelectionNode]:
        for node in selections.selections:
            if isinstance(node, InlineFragmentNode):
                yield from self._fragment(parent, node)
            elif isinstance(node, FieldNode):
                yield from self._selected(parent, node)

    def _fragment(
        self, parent: str, node: InlineFragmentNode
    ) -> Iterator[SelectionNode]:
        condition = node.type_condition
        narrowed = condition.name.value if condition else parent
        inner = self._selections(narrowed, node.selection_set)
        if inner is not None:
            yield InlineFragmentNode(type_condition=condition, selection_set=inner)

    def _selected(self, parent: str, node: FieldNode) -> Iterator[SelectionNode]:
        definition = self.subgraph.types.get(parent)
        field = definition.fields.get(node.name.value) if definition else None
        coordinate = f"{parent}.{node.name.value}"
        if self.subgraph.facts.is_external(coordinate):
            yield node
        elif field is None:  # __typename needs no @requires
            return
        elif node.selection_set is not None:
            inner = self._selections(base_name(field.type), node.selection_set)
            if inner is not None:
                yield FieldNode(
                    name=node.name, arguments=node.arguments, selection_set=inner
                )


def without_leaf_provides(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    """Remove `@provides` from leaf fields."""
    del others

    def rewrite(field: Field) -> Field:
        target = subgraph.types.get(base_name(field.type))
        is_composite = target is not None and target.kind in COMPOSITE
        return field if is_composite else field_without(field, "provides")

    return with_types(
        subgraph,
        lambda each: with_fields(each, rewrite) if each.kind is Kind.OBJECT else each,
    )
