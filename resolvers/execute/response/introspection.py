"""Introspection: the resolution of `__schema` and `__type` by the gateway.

A short operation can select a description of the whole schema four hundred times. So
each value is counted before it is computed, which graphql-core's executor cannot do.
Its resolvers of the introspection types are used, from copies of its fields, because
the types are global and other libraries replace their fields: a Strawberry schema in
the process makes `isOneOf` of a list type raise AttributeError.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLType,
    Node,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    VariableNode,
    value_from_ast_untyped,
)
from graphql.type.introspection import (
    DirectiveFields,
    EnumValueFields,
    FieldFields,
    InputValueFields,
    SchemaFields,
    TypeFields,
)

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.collect_fields import FieldCollector
from weir.resolvers.operation.descendants import descendants
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.operation.wrappers import item_of, without_non_null

META_FIELDS: Final[Mapping[str, GraphQLField]] = {
    "__schema": SchemaMetaFieldDef,
    "__type": TypeMetaFieldDef,
}
_FIELD_MAPS: Final[Mapping[str, Callable[[], Mapping[str, GraphQLField]]]] = {
    "__Schema": SchemaFields,
    "__Directive": DirectiveFields,
    "__Type": TypeFields,
    "__Field": FieldFields,
    "__InputValue": InputValueFields,
    "__EnumValue": EnumValueFields,
}
_FIELDS: Final = {name: fields() for name, fields in _FIELD_MAPS.items()}
_STEPS_OF_A_FIELD: Final = 5


@dataclass(frozen=True, slots=True)
class _Selected:
    """A field of an introspection type, selected by `nodes` together as `name`."""

    name: str
    field: GraphQLField
    nodes: Sequence[FieldNode]
    arguments: JSONObject


class Introspection:
    """The resolution of introspection fields, for one assignment of variables.

    The collector has the values of all variables that such fields use.
    """

    def __init__(self, collector: FieldCollector, work: WorkBudget) -> None:
        self._collector = collector
        self._work = work
        self._info: Any = SimpleNamespace(schema=collector.schema)
        self._selections: dict[tuple[str, tuple[int, ...]], list[_Selected]] = {}

    def resolve(self, nodes: Sequence[FieldNode]) -> JSONValue:
        """Return the value of `__schema` or `__type`, selected by `nodes` together.

        Raises `LimitExceeded` or `Cancelled`.
        """
        field = META_FIELDS[nodes[0].name.value]
        return self._resolve(_Selected("", field, nodes, self._arguments(nodes)), None)

    def _resolve(self, selected: _Selected, source: object) -> JSONValue:
        self._work.spend(_STEPS_OF_A_FIELD)
        # The type of a graphql-core field is not complete.
        field: Any = selected.field
        value: Any = field.resolve(source, self._info, **selected.arguments)
        return self._complete(field.type, value, selected)

    def _complete(
        self, type_: GraphQLType, value: Any, selected: _Selected
    ) -> JSONValue:
        if value is None:
            return None
        nullable, _ = without_non_null(type_)
        item = item_of(nullable)
        if item is not None:
            return [self._complete(item, each, selected) for each in value]
        if isinstance(nullable, GraphQLObjectType):
            return self._object(nullable, value, selected)
        if isinstance(nullable, GraphQLEnumType):
            name: JSONValue = nullable.coerce_output_value(value)
            return name
        scalar: JSONValue = value
        return scalar

    def _object(
        self, type_: GraphQLObjectType, value: object, selected: _Selected
    ) -> JSONObject:
        met = (type_.name, tuple(map(id, selected.nodes)))
        below = self._selections.get(met)
        if below is None:
            below = self._selections[met] = self._below(type_, selected.nodes)
        return {
            each.name: type_.name
            if each.field is TypeNameMetaFieldDef
            else self._resolve(each, value)
            for each in below
        }

    def _below(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> list[_Selected]:
        sets = [node.selection_set for node in nodes if node.selection_set]
        return [
            _Selected(
                name,
                _FIELDS[type_.name].get(below[0].name.value, TypeNameMetaFieldDef),
                below,
                self._arguments(below),
            )
            for name, below in self._collector.collect(type_, sets).items()
        ]

    def _arguments(self, nodes: Sequence[FieldNode]) -> JSONObject:
        arguments: JSONObject = {}
        for argument in nodes[0].arguments or ():
            value = argument.value
            if not isinstance(value, VariableNode):
                arguments[argument.name.value] = value_from_ast_untyped(value)
            elif (known := self._collector.values.get(value.name.value)) is not None:
                arguments[argument.name.value] = known
        return arguments


def introspection_variables(document: DocumentNode) -> frozenset[str]:
    """Return the variables below introspection fields."""
    return frozenset(
        node.name.value
        for described in _describing(document)
        for node in descendants(described)
        if isinstance(node, VariableNode)
    )


def _describing(document: DocumentNode) -> Iterator[Node]:
    for node in descendants(document):
        match node:
            case FieldNode(name=name) if name.value in META_FIELDS:
                yield node
            case FragmentDefinitionNode(type_condition=type_) if (
                type_.name.value.startswith("__")
            ):
                yield node
            case _:
                continue
