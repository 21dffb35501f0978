"""The shape of the response: the client's operation as a tree of typed positions.

The fields and their order depend on `@skip` and `@include` (GraphQL §6.3.2: the first
included occurrence decides the order). Conditions have few variables, which are
Booleans. So there is one shape for each assignment that occurs, and the tree has no
conditions. Introspection is resolved as a part of the shape, which therefore also
depends on the variables of introspection fields.

The selections below an abstract position are built for the first object of a type, so
an interface with hundreds of implementations only costs those that occur.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
    is_object_type,
)
from msgspec import Struct

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.collect_fields import FieldCollector, Fielded
from weir.resolvers.execute.response.field_rules import (
    NO_RULES,
    FieldRule,
    FieldRules,
)
from weir.resolvers.execute.response.introspection import (
    META_FIELDS,
    Introspection,
    introspection_variables,
)
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
    Projection,
    RefusedField,
)
from weir.resolvers.execute.response.scalars import coercion, exact_types, is_custom
from weir.resolvers.operation.descendants import condition_variables, descendants
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.refusals import NOTHING_REFUSED, Refusal
from weir.resolvers.operation.response_key import mutation_root_key, response_key
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.operation.wrappers import item_of, without_non_null

Declared: TypeAlias = Mapping[str, frozenset[str]]
"""The values of enums, and object types of abstract types, that services declare."""

_MAX_SHAPES = 16
_KEPT_STEPS = 50_000
"""A larger shape, which describes the schema, is made for each request anew."""
_NOTHING: frozenset[type] = frozenset()
_NAMELESS = ""


_STEPS_OF_A_FIELD = 5
_MANY_FIELDS = 100
_FEW_TYPES = 16


class Shape(Struct, eq=False):
    """The shape of the response for one assignment of the variables in conditions.

    `project` is compiled from the selection, or missing. It raises an error for values
    that only a `Projector` handles.
    """

    selection: ObjectSelection
    project: Callable[[JSONObject, Projection], JSONObject] | None = None


class OperationShape:
    """The shapes of one operation, by the values of the variables they depend on."""

    def __init__(
        self,
        operation: Operation,
        schema: GraphQLSchema,
        declared: Declared,
        refused: Mapping[int, Refusal] = NOTHING_REFUSED,
        rules: FieldRules = NO_RULES,
    ) -> None:
        self._operation = operation
        self._schema = schema
        self._declared = declared
        self._refused = refused
        self._rules = rules
        self._deciding = condition_variables(operation.document)
        if operation.introspects:
            described = introspection_variables(operation.document)
            self._deciding = tuple(sorted({*self._deciding, *described}))
        self.is_large = operation.introspects or _has_many_fields(operation.document)
        """Whether a shape takes too long to be made on the event loop."""
        self.repeats_fields = _repeats_fields(operation.document)
        """Whether one value may be selected under several names."""
        self._shapes: OrderedDict[tuple[JSONValue, ...], Shape] = OrderedDict()

    @property
    def is_fixed(self) -> bool:
        """Return whether all requests have the same shape."""
        return not self._deciding

    def of(self, variables: JSONObject) -> Shape:
        """Return the shape for these variables."""
        values = self._values(variables) if self._deciding else ()
        shape = self._shapes.get(values)
        return self.make(variables, WorkBudget()) if shape is None else shape

    def known(self, variables: JSONObject) -> Shape | None:
        """Return the shape if it is cached."""
        return self._shapes.get(self._values(variables))

    def cached(self) -> list[Shape]:
        """Return all cached shapes."""
        return list(self._shapes.values())

    def make(self, variables: JSONObject, work: WorkBudget) -> Shape:
        """Make the shape, and cache it. Raises `LimitExceeded` or `Cancelled`."""
        values, before = self._values(variables), work.spent
        shape = Shape(self._build(values, work))
        if self._deciding and work.spent - before > _KEPT_STEPS:
            return shape
        self._shapes[values] = shape
        if len(self._shapes) > _MAX_SHAPES:
            self._shapes.popitem(last=False)
        return shape

    def fixed(self, only: Shape) -> "OperationShape":
        """Return the shape for one request, whose variables result in `only`."""
        shape = copy(self)
        shape._deciding = ()  # noqa: SLF001 - a copy of this class
        shape._shapes = OrderedDict({(): only})  # noqa: SLF001 - as above
        return shape

    def _values(self, variables: JSONObject) -> tuple[JSONValue, ...]:
        if not self._deciding:
            return ()
        return tuple([variables.get(name) for name in self._deciding])

    def _build(
        self, values: tuple[JSONValue, ...], work: WorkBudget
    ) -> ObjectSelection:
        deciding = dict(zip(self._deciding, values, strict=True))
        fragments = self._operation.fragments
        collector = FieldCollector(self._schema, fragments, deciding)
        definition = self._operation.definition
        builder = _ShapeBuilder(
            definition,
            collector,
            self._declared,
            self._refused,
            work,
            rules=self._rules,
        )
        root = builder.root()
        # Selections of types that occur later are made for other requests.
        builder.work = WorkBudget()
        return root


def _repeats_fields(document: DocumentNode) -> bool:
    names: dict[str, str] = {}
    for node in descendants(document):
        if isinstance(node, FieldNode):
            name = node.alias.value if node.alias else node.name.value
            if names.setdefault(response_key(node), name) != name:
                return True
    return False


def _has_many_fields(document: DocumentNode) -> bool:
    fields = (node for node in descendants(document) if isinstance(node, FieldNode))
    return any(index == _MANY_FIELDS for index, _ in enumerate(fields))


class _ShapeBuilder:
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
        builder: _ShapeBuilder,
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
