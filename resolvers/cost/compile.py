"""From an operation to the costs of its fields.

Fields that cost nothing are left out, and estimates that do not depend on variables are
computed here.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    OperationType,
    get_named_type,
    is_composite_type,
)

from weir.gateway.json_types import JSONValue
from weir.resolvers.cost.arguments import ArgumentCost, ValueWeights, has_variables
from weir.resolvers.cost.lengths import ListLength, RequiredSlice, SlicingArgument
from weir.resolvers.cost.operation_cost import FieldCost, Member, OperationCost
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.operation.conditions import Condition
from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.normalise import SchemaTypes
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.operation.wrappers import (
    argument_type,
    default_of,
    field_type,
    input_field_type,
    item_of,
    without_non_null,
)
from weir.schema.graph.costs import CostTable, ListSize, Path

_MUTATION: Final = 10
_OBJECT: Final = 1
_FIELD_STEPS: Final = 50
"""The steps of one field, which is also visited for each request."""
_COMPARISONS_PER_STEP: Final = 8


@dataclass(frozen=True, slots=True)
class _Sized:
    """A list below a field whose `@listSize` names it in `sizedFields`."""

    path: Path
    length: ListLength


@dataclass(frozen=True, slots=True)
class _Declared:
    """A field of one object type, with its slicing arguments."""

    coordinate: str
    field: GraphQLField
    size: ListSize
    slicing: tuple[SlicingArgument, ...]
    list_levels: int


def operation_cost(
    operation: Operation,
    schema: GraphQLSchema,
    table: CostTable,
    list_size: int,
    work: WorkBudget,
) -> OperationCost:
    """Compile the costs of an operation; `list_size` is that of all other lists.

    Raises the errors of `work`.
    """
    weights = ValueWeights(table.weights)
    compiler = _Compiler(schema, SchemaTypes(schema), table, weights, list_size, work)
    required: list[tuple[Condition, RequiredSlice]] = []
    fields = compiler.fields(operation.fields, (), required)
    base = _MUTATION if operation.kind is OperationType.MUTATION else 0
    steps = _steps(fields) + len(required)
    return OperationCost(base, fields, tuple(required), steps)


_Required = list[tuple[Condition, RequiredSlice]]


@dataclass(frozen=True, slots=True)
class _Compiler:
    schema: GraphQLSchema
    types: SchemaTypes
    table: CostTable
    weights: ValueWeights
    list_size: int
    work: WorkBudget

    def fields(
        self, fields: Iterable[Field], sized: Sequence[_Sized], required: _Required
    ) -> tuple[FieldCost, ...]:
        compiled = (
            self.field(each, sized, required)
            for each in fields
            if not each.name.startswith("__")
        )
        return tuple(each for each in compiled if each.constant != 0)

    def field(
        self, field: Field, sized: Sequence[_Sized], required: _Required
    ) -> FieldCost:
        self.work.spend(_FIELD_STEPS + len(field.types))
        declared = self._declarations(field)
        for each in declared:
            if each.size.requires_one:
                names = tuple(".".join(path) for path in each.size.slicing)
                slices = RequiredSlice(field.name, names, each.slicing)
                required.append((field.condition, slices))
        type_ = get_named_type(field_type(declared[0].field))
        weights = [
            weight
            for each in declared
            if (weight := self.table.weights.get(each.coordinate)) is not None
        ]
        call, arguments = self._arguments(field, declared)
        levels = max(each.list_levels for each in declared)
        below = [*_below(field, sized), *self._sized_fields(declared)]
        members: tuple[Member, ...] = ()
        if is_composite_type(type_):
            inner = self.fields(field.fields, below, required)
            members = self._members(type_, inner, has_own=bool(weights))
        cost = FieldCost(
            key=field.key,
            name=field.name,
            types=field.types,
            condition=field.condition,
            own=max(weights) if weights else self._leaf_weight(type_),
            call=call,
            arguments=arguments,
            lengths=self._lengths(field, declared, sized) if levels else (),
            inner=self.list_size ** max(levels - 1, 0),
            members=members,
        )
        if not _is_constant(cost):
            return cost
        return replace(cost, constant=cost.estimate(VariableCosts({}, self.work)))

    def _declarations(self, field: Field) -> list[_Declared]:
        """Return the field of each object type, once for all with equal costs."""
        found: dict[Hashable, _Declared] = {}
        names = [each.name.value for each in field.node.arguments or ()]
        for type_name in sorted(field.types):
            each = self._declared(type_name, field)
            weights = self.table.weights
            signature = (
                weights.get(each.coordinate),
                *(weights.get(f"{each.coordinate}({name}:)") for name in names),
                each.size,
                *(repr((one.default, one.path, one.items)) for one in each.slicing),
                each.list_levels,
            )
            found.setdefault(signature, each)
        return list(found.values())

    def _declared(self, type_name: str, field: Field) -> _Declared:
        owner = self.schema.type_map[type_name]
        assert isinstance(owner, GraphQLObjectType | GraphQLInterfaceType)
        declared = owner.fields[field.name]
        size = self._size(owner, field.name)
        nodes = {each.name.value: each.value for each in field.node.arguments or ()}
        slicing: list[SlicingArgument] = []
        for name, *path in size.slicing:
            argument = declared.args.get(name)
            if argument is not None:
                type_ = argument_type(argument)
                inner = _defaults(get_named_type(type_), path)
                slicing.append(
                    SlicingArgument(
                        nodes.get(name),
                        default_of(argument),
                        tuple(inner),
                        items=_list_levels(_at(type_, path)) > 0,
                    )
                )
        coordinate = f"{type_name}.{field.name}"
        levels = _list_levels(field_type(declared))
        return _Declared(coordinate, declared, size, tuple(slicing), levels)

    def _size(
        self, owner: GraphQLObjectType | GraphQLInterfaceType, name: str
    ) -> ListSize:
        """Return the `@listSize` of a field, or of that of one of its interfaces."""
        owners = (owner.name, *(each.name for each in owner.interfaces))
        found = (self.table.list_sizes.get(f"{each}.{name}") for each in owners)
        return next((each for each in found if each is not None), ListSize())

    def _length(self, declared: _Declared) -> ListLength:
        assumed = declared.size.assumed
        return ListLength(
            declared.slicing, self.list_size if assumed is None else assumed
        )

    def _lengths(
        self, field: Field, declared: Sequence[_Declared], sized: Sequence[_Sized]
    ) -> tuple[ListLength, ...]:
        named = tuple(each.length for each in sized if each.path == (field.name,))
        return named or tuple(self._length(each) for each in declared)

    def _sized_fields(self, declared: Sequence[_Declared]) -> Iterator[_Sized]:
        for each in declared:
            for path in each.size.sized_fields:
                yield _Sized(path, self._length(each))

    def _arguments(
        self, field: Field, declared: Sequence[_Declared]
    ) -> tuple[int, tuple[ArgumentCost, ...]]:
        call = 0
        varying: list[ArgumentCost] = []
        for node in field.node.arguments or ():
            name = node.name.value
            costs = [
                ArgumentCost(
                    node.value,
                    f"{each.coordinate}({name}:)",
                    get_named_type(argument_type(each.field.args[name])),
                    self.weights,
                )
                for each in declared
            ]
            heaviest = max(
                costs, key=lambda each: self.weights.weights.get(each.coordinate, 0)
            )
            if has_variables(node.value):
                varying.append(heaviest)
            else:
                call += heaviest.cost(VariableCosts({}, self.work))
        return call, tuple(varying)

    def _leaf_weight(self, type_: GraphQLNamedType) -> int:
        return 0 if is_composite_type(type_) else self.table.weights.get(type_.name, 0)

    def _members(
        self, type_: GraphQLNamedType, costs: Sequence[FieldCost], *, has_own: bool
    ) -> tuple[Member, ...]:
        """Group the object types of a position by their weights and their fields."""
        groups: dict[tuple[int, tuple[int, ...]], set[str]] = {}
        possible = self.types.possible(type_.name)
        self.work.spend(len(possible) * len(costs) // _COMPARISONS_PER_STEP)
        for name in possible:
            weight = 0 if has_own else self.table.weights.get(name, _OBJECT)
            selected = tuple(
                index for index, each in enumerate(costs) if name in each.types
            )
            groups.setdefault((weight, selected), set()).add(name)
        return tuple(
            Member(frozenset(names), weight, tuple(costs[each] for each in selected))
            for (weight, selected), names in groups.items()
        )


def _steps(fields: Iterable[FieldCost]) -> int:
    """Return the number of sums of an estimate that depend on variables."""
    varying: dict[int, int] = {}
    pending = list(fields)
    while pending:
        each = pending.pop()
        if each.constant is None and id(each) not in varying:
            varying[id(each)] = 1 + sum(len(one.fields) for one in each.members)
            pending.extend(below for one in each.members for below in one.fields)
    return sum(varying.values())


def _below(field: Field, sized: Sequence[_Sized]) -> Iterator[_Sized]:
    """Yield the sized lists that are deeper than the fields of `field`'s parent."""
    for each in sized:
        name, *rest = each.path
        if rest and name == field.name:
            yield _Sized(tuple(rest), each.length)


def _defaults(
    type_: GraphQLNamedType, path: Iterable[str]
) -> Iterator[tuple[str, JSONValue]]:
    """Yield the fields of a path, as far as they exist, with their defaults."""
    for name in path:
        if not isinstance(type_, GraphQLInputObjectType) or name not in type_.fields:
            return
        yield name, default_of(type_.fields[name])
        type_ = get_named_type(input_field_type(type_.fields[name]))


def _at(type_: GraphQLType, path: Iterable[str]) -> GraphQLType:
    """Return the type of the field at a path, as far as it exists."""
    for name in path:
        named = get_named_type(type_)
        if not isinstance(named, GraphQLInputObjectType) or name not in named.fields:
            break
        type_ = input_field_type(named.fields[name])
    return type_


def _list_levels(type_: GraphQLType) -> int:
    levels = 0
    inner = without_non_null(type_)[0]
    while (item := item_of(inner)) is not None:
        levels += 1
        inner = without_non_null(item)[0]
    return levels


def _is_constant(cost: FieldCost) -> bool:
    return (
        not cost.condition
        and not cost.arguments
        and not any(each.varies for each in cost.lengths)
        and all(
            each.constant is not None
            for member in cost.members
            for each in member.fields
        )
    )
