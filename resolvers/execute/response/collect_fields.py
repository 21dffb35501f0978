"""The fields that a selection selects of an object type (GraphQL §6.3.2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
)

from weir.gateway.json_types import JSONValue

Fielded: TypeAlias = GraphQLObjectType | GraphQLInterfaceType
_CONDITIONS = ("skip", "include")


@dataclass(frozen=True, slots=True)
class FieldCollector:
    """The collection of fields for one assignment of the variables in conditions."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    values: Mapping[str, JSONValue]

    def collect(
        self, type_: Fielded, sets: Iterable[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """Group the fields for `type_` by response key, in order of occurrence."""
        collected: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selection_set in sets:
            for node in self._fields(type_, selection_set, spread):
                name = node.alias.value if node.alias else node.name.value
                collected.setdefault(name, []).append(node)
        return collected

    def _fields(
        self,
        type_: Fielded,
        selection_set: SelectionSetNode,
        spread: set[str],
    ) -> Iterator[FieldNode]:
        for selection in selection_set.selections:
            if not self._is_included(selection):
                continue
            if isinstance(selection, FieldNode):
                yield selection
                continue
            fragment = self._fragment(selection, spread)
            if fragment is not None and self._applies(fragment, type_):
                yield from self._fields(type_, fragment.selection_set, spread)

    def _fragment(
        self, selection: SelectionNode, spread: set[str]
    ) -> FragmentDefinitionNode | InlineFragmentNode | None:
        """Return the fragment, or None if it was spread here before."""
        if isinstance(selection, InlineFragmentNode):
            return selection
        assert isinstance(selection, FragmentSpreadNode), "fields were handled above"
        name = selection.name.value
        if name in spread:
            return None
        spread.add(name)
        return self.fragments[name]

    def _applies(
        self,
        fragment: FragmentDefinitionNode | InlineFragmentNode,
        type_: Fielded,
    ) -> bool:
        condition = fragment.type_condition
        if condition is None or condition.name.value == type_.name:
            return True
        wanted = self.schema.get_type(condition.name.value)
        return is_abstract_type(wanted) and self.schema.is_sub_type(wanted, type_)

    def _is_included(self, selection: SelectionNode) -> bool:
        return all(
            self._holds(directive) == (directive.name.value == "include")
            for directive in _conditions(selection)
        )

    def _holds(self, directive: DirectiveNode) -> bool:
        value = _condition(directive)
        if isinstance(value, VariableNode):
            return self.values[value.name.value] is True
        return isinstance(value, BooleanValueNode) and value.value


def _conditions(selection: SelectionNode) -> Iterator[DirectiveNode]:
    for directive in selection.directives or ():
        if directive.name.value in _CONDITIONS:
            yield directive


def _condition(directive: DirectiveNode) -> ValueNode:
    assert directive.arguments, "validated: `if` is required"
    return directive.arguments[0].value
