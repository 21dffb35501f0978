"""An oracle of authorization: execute everything, then remove what is refused.

It shares nothing with the gateway but the schema: fields are collected as GraphQL
section 6.3.2 says, and null climbs as section 6.4.4 says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    execute_sync,
    get_named_type,
    is_abstract_type,
    parse,
    visit,
)

from tests.support.restricted_graphs import Caller, RestrictedGraph
from weir.gateway.json_types import JSONObject, JSONValue

_TYPE = "oracle_type"
Path = tuple[str | int, ...]
Selected = tuple[FieldNode, str]
"""A field as written, with the type that it is written on."""


class Climbed(Exception):
    """Null in a non-null position."""


@dataclass
class Removal:
    """One response without what a caller may not see; `refused` are its fields."""

    graph: RestrictedGraph
    schema: GraphQLSchema
    caller: Caller
    document: DocumentNode
    variables: JSONObject
    refused: set[Path] = field(default_factory=set[Path])
    climbs: bool = False

    def response(self) -> JSONValue:
        result = execute_sync(
            self.schema, _typed(self.document), variable_values=self.variables
        )
        assert not result.errors
        data: Any = result.data
        operation = next(
            each
            for each in self.document.definitions
            if isinstance(each, OperationDefinitionNode)
        )
        try:
            return self._object(data, "Query", [(operation.selection_set, "Query")], ())
        except Climbed:
            return None

    def may_select(self, written_on: str, name: str) -> bool:
        if name.startswith("__"):
            return True
        type_: Any = self.schema.type_map[written_on]
        result = get_named_type(type_.fields[name].type).name
        needs = [
            *self.graph.of_type(written_on),
            *self.graph.of_field(written_on, name),
            *self.graph.of_type(result),
        ]
        return all(each.is_met_by(self.caller) for each in needs)

    def selections(self) -> Iterator[Selected]:
        """Yield all fields of the document, each with the type it is written on."""
        fragments = self._fragments()
        operation = next(
            each
            for each in self.document.definitions
            if isinstance(each, OperationDefinitionNode)
        )
        yield from self._below(operation.selection_set, "Query")
        for fragment in fragments.values():
            on = fragment.type_condition.name.value
            yield from self._below(fragment.selection_set, on)

    def _below(self, selection_set: SelectionSetNode, on: str) -> Iterator[Selected]:
        for each in selection_set.selections:
            if isinstance(each, FieldNode):
                yield each, on
                if each.selection_set:
                    type_: Any = self.schema.type_map[on]
                    result = get_named_type(type_.fields[each.name.value].type).name
                    yield from self._below(each.selection_set, result)
            elif isinstance(each, InlineFragmentNode):
                condition = each.type_condition
                inner = condition.name.value if condition else on
                yield from self._below(each.selection_set, inner)

    def _object(
        self,
        data: JSONObject,
        type_name: str,
        sets: list[tuple[SelectionSetNode, str]],
        path: Path,
    ) -> JSONObject:
        shown: JSONObject = {}
        climbed = False
        for key, selected in self._collected(type_name, sets).items():
            try:
                shown[key] = self._field(data, type_name, selected, (*path, key))
            except Climbed:
                climbed = True  # all refused fields are looked for
        if climbed:
            raise Climbed
        return shown

    def _field(
        self, data: JSONObject, type_name: str, selected: list[Selected], path: Path
    ) -> JSONValue:
        name = selected[0][0].name.value
        value = data[str(path[-1])]
        if name == "__typename":
            return value
        type_: Any = self.schema.type_map[type_name]
        declared = type_.fields[name].type
        permitted = [each for each in selected if self.may_select(each[1], name)]
        if not permitted:
            self.refused.add(path)
            self.climbs |= isinstance(declared, GraphQLNonNull)
            return self._complete(declared, None, [], path)
        sets: list[tuple[SelectionSetNode, str]] = []
        for node, written_on in permitted:
            owner: Any = self.schema.type_map[written_on]
            result = get_named_type(owner.fields[name].type).name
            if node.selection_set:
                sets.append((node.selection_set, result))
        return self._complete(declared, value, sets, path)

    def _complete(
        self,
        type_: Any,
        value: JSONValue,
        sets: list[tuple[SelectionSetNode, str]],
        path: Path,
    ) -> JSONValue:
        if isinstance(type_, GraphQLNonNull):
            inner: Any = type_.of_type
            completed = self._inner(inner, value, sets, path)
            if completed is None:
                raise Climbed
            return completed
        try:
            return self._inner(type_, value, sets, path)
        except Climbed:
            return None

    def _inner(
        self,
        type_: Any,
        value: JSONValue,
        sets: list[tuple[SelectionSetNode, str]],
        path: Path,
    ) -> JSONValue:
        if isinstance(type_, GraphQLList) and isinstance(value, list):
            item: Any = type_.of_type
            return self._items(item, value, sets, path)
        if sets and isinstance(value, dict):
            return self._object(value, value[_TYPE], sets, path)
        return value

    def _items(
        self,
        type_: Any,
        values: list[JSONValue],
        sets: list[tuple[SelectionSetNode, str]],
        path: Path,
    ) -> JSONValue:
        shown: list[JSONValue] = []
        climbed = False
        for index, value in enumerate(values):
            try:
                shown.append(self._complete(type_, value, sets, (*path, index)))
            except Climbed:
                climbed = True
        if climbed:
            raise Climbed
        return shown

    def _collected(
        self, type_name: str, sets: list[tuple[SelectionSetNode, str]]
    ) -> dict[str, list[Selected]]:
        collected: dict[str, list[Selected]] = {}
        for selection_set, on in sets:
            for node, written_on in self._applying(type_name, selection_set, on):
                key = node.alias.value if node.alias else node.name.value
                collected.setdefault(key, []).append((node, written_on))
        return collected

    def _applying(
        self, type_name: str, selection_set: SelectionSetNode, on: str
    ) -> Iterator[Selected]:
        for each in selection_set.selections:
            if not self._is_included(each):
                continue
            if isinstance(each, FieldNode):
                yield each, on
                continue
            inner, condition = self._fragment(each)
            if condition is None or self._applies(condition, type_name):
                yield from self._applying(type_name, inner, condition or on)

    def _fragment(self, node: SelectionNode) -> tuple[SelectionSetNode, str | None]:
        if isinstance(node, InlineFragmentNode):
            on = node.type_condition
            return node.selection_set, on.name.value if on else None
        spread: Any = node
        fragment = self._fragments()[spread.name.value]
        return fragment.selection_set, fragment.type_condition.name.value

    def _fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        return {
            each.name.value: each
            for each in self.document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def _applies(self, condition: str, type_name: str) -> bool:
        wanted = self.schema.type_map[condition]
        if not is_abstract_type(wanted):
            return condition == type_name
        possible = self.schema.get_possible_types(wanted)
        return type_name in {each.name for each in possible}

    def _is_included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            assert directive.arguments
            value = directive.arguments[0].value
            if isinstance(value, VariableNode):
                holds = self.variables[value.name.value]
            else:
                assert isinstance(value, BooleanValueNode)
                holds = value.value
            if holds != (directive.name.value == "include"):
                return False
        return True


class _Typing(Visitor):
    """Adds the type of each object to a document."""

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        name, alias = NameNode(value="__typename"), NameNode(value=_TYPE)
        typed = FieldNode(name=name, alias=alias)
        return replace(node, selections=(*node.selections, typed))


def _typed(document: DocumentNode) -> DocumentNode:
    typed: DocumentNode = visit(document, _Typing())
    return typed


def removal(
    graph: RestrictedGraph,
    schema: GraphQLSchema,
    caller: Caller,
    document: str,
    variables: JSONObject,
) -> Removal:
    return Removal(graph, schema, caller, parse(document), variables)
