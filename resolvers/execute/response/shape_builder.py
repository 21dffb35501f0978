"""The client's operation as a tree of typed positions, without conditions.

The selections below an abstract position are built for the first object of a type, so
an interface with hundreds of implementations only costs those that occur.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLScalarType,
    GraphQLType,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
    is_object_type,
)

from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.response.collect_fields import FieldCollector, Fielded
from weir.resolvers.execute.response.field_rules import FieldRule, FieldRules
from weir.resolvers.execute.response.introspection import META_FIELDS, Introspection
from weir.resolvers.execute.response.positions import (
    AbstractOf,
    AnyJSON,
    Enum,
    FieldSelection,
    Kind,
    Leaf,
    ListOf,
    ObjectOf,
    ObjectSelection,
    Position,
    RefusedField,
)
from weir.resolvers.execute.response.scalars import coercion, exact_types, is_custom
from weir.resolvers.operation.refusals import Refusal
from weir.resolvers.operation.response_key import mutation_root_key, response_key
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.operation.wrappers import item_of, without_non_null

Declared: TypeAlias = Mapping[str, frozenset[str]]
"""The values of enums, and object types of abstract types, that services declare."""

_NOTHING: frozenset[type] = frozenset()
_NAMELESS = ""
_STEPS_OF_A_FIELD = 5
_FEW_TYPES = 16


class ShapeBuilder:
    """The builder of one shape; equal selections are shared."""

    def __init__(
        self,
        operation: OperationDefinitionNode,
        collector: FieldCollector,
        declared: Declared,
        refused: Mapping[int, Refusal],
        work: WorkBudget,
        *,
        rules: FieldRules,
    ) -> None:
        self.collector = collector
        self.declared = declared
        self._refused = refused
        self._rules = rules
        self._operation = operation
        self.work = work
        self._introspection = Introspection(collector, work)
        self._objects: dict[tuple[str, tuple[int, ...]], ObjectSelection] = {}

    def root(self) -> ObjectSelection:
        root = self.collector.schema.get_root_type(self._operation.operation)
        assert root is not None, "a validated operation has its root type"
        is_mutation = self._operation.operation is OperationType.MUTATION
        key = mutation_root_key if is_mutation else response_key
        return self._object(root, [self._operation.selection_set], key)

    def selected_fields(
        self, type_: Fielded, sets: list[SelectionSetNode]
    ) -> dict[str, tuple[str, bool]]:
        """Return the fields that `sets` select of `type_`, by response key.

        Each value has the name, and whether any of the selections is permitted.
        """
        fields = self.collector.collect(type_, sets)
        return {
            name: (nodes[0].name.value, bool(self._permitted(nodes)))
            for name, nodes in fields.items()
        }

    def _permitted(self, nodes: list[FieldNode]) -> list[FieldNode]:
        return [node for node in nodes if id(node) not in self._refused]

    def object(
        self,
        type_: Fielded,
        sets: list[SelectionSetNode],
    ) -> ObjectSelection:
        """Return the selection of objects of `type_` by `sets`."""
        met = (type_.name, tuple(map(id, sets)))
        selection = self._objects.get(met)
        if selection is None:
            selection = self._objects[met] = self._object(type_, sets, response_key)
        return selection

    def _object(
        self,
        type_: Fielded,
        sets: list[SelectionSetNode],
        key: Callable[[FieldNode], str],
    ) -> ObjectSelection:
        template: JSONObject = {}
        fields: list[FieldSelection] = []
        refused: list[RefusedField] = []
        for name, selected in self.collector.collect(type_, sets).items():
            self.work.spend(_STEPS_OF_A_FIELD)
            nodes = self._permitted(selected)
            field_name = selected[0].name.value
            template[name] = type_.name if field_name == "__typename" else None
            if not nodes:
                refused.append(self._refused_field(name, type_, selected[0]))
            elif field_name in META_FIELDS:
                template[name] = self._introspection.resolve(nodes)
            elif field_name != "__typename":
                position = self._field_position(type_, nodes)
                fields.append(
                    FieldSelection(name, key(nodes[0]), position.exact_types, position)
                )
        return ObjectSelection(template, tuple(fields), tuple(refused))

    def _refused_field(
        self, name: str, parent: Fielded, node: FieldNode
    ) -> RefusedField:
        refusal = self._refused[id(node)]
        _, is_non_null = without_non_null(parent.fields[node.name.value].type)
        return RefusedField(name, not is_non_null, refusal.message, refusal.extensions)

    def _field_position(
        self,
        parent: Fielded,
        nodes: list[FieldNode],
    ) -> Position:
        field_name = nodes[0].name.value
        sets = [node.selection_set for node in nodes if node.selection_set]
        coordinate = f"{parent.name}.{field_name}"
        position = self._position(parent.fields[field_name].type, sets, coordinate)
        rule = self._rules.get(coordinate)
        return position if rule is None else _by_rule(position, rule)

    def _position(
        self, type_: GraphQLType, sets: list[SelectionSetNode], coordinate: str
    ) -> Position:
        inner, is_non_null = without_non_null(type_)
        item = item_of(inner)
        kind = (
            self._kind(inner, sets)
            if item is None
            else ListOf(self._position(item, sets, coordinate))
        )
        exact = exact_types(inner) if isinstance(inner, GraphQLScalarType) else _NOTHING
        return Position(kind, not is_non_null, exact, coordinate)

    def _kind(self, type_: GraphQLType, sets: list[SelectionSetNode]) -> Kind:
        if is_object_type(type_):
            return ObjectOf(self.object(type_, sets))
        if is_abstract_type(type_):
            return AbstractOf(_ByType(self, type_, sets))
        if isinstance(type_, GraphQLEnumType):
            values = frozenset(type_.values)
            return Enum(values, self.declared.get(type_.name, values) - values)
        assert isinstance(type_, GraphQLScalarType), "no other output type is left"
        return AnyJSON() if is_custom(type_) else Leaf(coercion(type_))


def _by_rule(position: Position, rule: FieldRule) -> Position:
    """Return the position of a field with a rule."""
    if rule.most_graphemes is not None:
        position = _shortened(position, rule.most_graphemes)
    if rule.most_items is not None and isinstance(position.kind, ListOf):
        position = replace(position, kind=replace(position.kind, most=rule.most_items))
    return replace(position, degraded=rule.degraded)


def _shortened(position: Position, most: int) -> Position:
    """Return a position of texts, or of lists of texts, that are cut."""
    if isinstance(position.kind, ListOf):
        items = ListOf(_shortened(position.kind.item, most))
        return replace(position, kind=items)
    # Its library is for façades that configure it.
    from weir.resolvers.execute.response.short_text import ShortText  # noqa: PLC0415

    return replace(position, kind=ShortText(most), exact_types=_NOTHING)


class _ByType:
    """The selections below an abstract position, built when a type first occurs."""

    def __init__(
        self,
        builder: ShapeBuilder,
        abstract: GraphQLAbstractType,
        sets: list[SelectionSetNode],
    ) -> None:
        possible = builder.collector.schema.get_possible_types(abstract)
        self._builder = builder
        self._abstract = abstract
        self._possible = {each.name: each for each in possible}
        self._sets = sets
        self._made: dict[str, ObjectSelection | None] = {}

    def named(self, typename: str) -> ObjectSelection | None:
        if typename not in self._possible:
            return None
        made = self._made.get(typename)
        if made is None:
            made = self._builder.object(self._possible[typename], self._sets)
            self._made[typename] = made
        return made

    def hides(self, typename: str) -> bool:
        return typename in self._builder.declared.get(self._abstract.name, ())

    def hidden(self) -> frozenset[str]:
        declared = self._builder.declared.get(self._abstract.name, frozenset())
        return frozenset(declared - self._possible.keys())

    def usual(self) -> Mapping[str | None, ObjectSelection]:
        if len(self._possible) <= _FEW_TYPES:
            self.untyped()
            for each in self._possible:
                self.named(each)
        # A copy, as the event loop may add a type while a thread compiles.
        made = self._made.copy()
        return {name or None: each for name, each in made.items() if each is not None}

    def untyped(self) -> ObjectSelection | None:
        if _NAMELESS not in self._made:
            self._made[_NAMELESS] = self._shown_alike()
        return self._made[_NAMELESS]

    def all(self) -> Iterable[ObjectSelection]:
        return [found for name in self._possible if (found := self.named(name))]

    def _shown_alike(self) -> ObjectSelection | None:
        """Return the selection if it is the same for all types, otherwise None."""
        types = [self._possible[name] for name in sorted(self._possible)]
        fields = [self._builder.selected_fields(each, self._sets) for each in types]
        typename = ("__typename", True)
        if any(each != fields[0] or typename in each.values() for each in fields):
            return None
        if types:
            return self._builder.object(types[0], self._sets)
        if isinstance(self._abstract, GraphQLInterfaceType):
            return self._builder.object(self._abstract, self._sets)
        return None
