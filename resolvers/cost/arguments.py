"""The cost of the values of arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    GraphQLInputObjectType,
    GraphQLNamedType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
)

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.operation.descendants import descendants
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.operation.wrappers import input_field_type

_INPUT_OBJECT = 1

_Place: TypeAlias = tuple[str, GraphQLNamedType]
"""The coordinate of an argument or input field, and the type of its values."""


@dataclass(frozen=True, slots=True)
class ValueWeights:
    """The weights of arguments, input fields and types, by schema coordinate.

    An input object costs 1 without a weight, any other value nothing. Null costs
    nothing.
    """

    weights: Mapping[str, int]

    def written(self, node: ValueNode, place: _Place, costs: VariableCosts) -> int:
        """Return the cost of a value in a document, and of all values in it."""
        own = self._own(place)
        match node:
            case VariableNode(name=name):
                key = name.value, own, place[1].name
                return costs.once(key, lambda each: self._sent(name.value, place, each))
            case NullValueNode():
                return 0
            case ListValueNode(values=values):
                items = (self.written(each, place, costs) for each in values)
                return (own or 0) + sum(items)
            case ObjectValueNode(fields=fields) if self._is_input(place):
                below = (
                    self.written(each.value, inner, costs)
                    for each in fields
                    if (inner := _below(place, each.name.value)) is not None
                )
                return (_INPUT_OBJECT if own is None else own) + sum(below)
            case _:
                return own or 0

    def _sent(self, name: str, place: _Place, costs: VariableCosts) -> int:
        value: JSONValue = costs.variables.get(name, Undefined)
        if not (self._own(place) or self._is_input(place)):
            return 0  # a scalar may have any number of values
        return self._value(value, place, costs.work)

    def _value(self, value: JSONValue, place: _Place, work: WorkBudget) -> int:
        """Return the cost of a value and all values in it, nested as deep as may be."""
        total = 0
        pending = [(value, place)]
        while pending:
            value, place = pending.pop()
            if value is None or value is Undefined:
                continue
            own = self._own(place)
            if is_list(value):
                work.check()
                pending.extend((each, place) for each in value)
            elif is_object(value) and self._is_input(place):
                own = _INPUT_OBJECT if own is None else own
                pending.extend(
                    (each, inner)
                    for name, each in value.items()
                    if (inner := _below(place, name)) is not None
                )
            total += own or 0
        return total

    def _own(self, place: _Place) -> int | None:
        coordinate, type_ = place
        return self.weights.get(coordinate, self.weights.get(type_.name))

    def _is_input(self, place: _Place) -> bool:
        return isinstance(place[1], GraphQLInputObjectType)


def _below(place: _Place, name: str) -> _Place | None:
    """Return the field of an input object, if it has one of this name."""
    type_ = place[1]
    assert isinstance(type_, GraphQLInputObjectType)
    declared = type_.fields.get(name)
    if declared is None:
        return None
    return f"{type_.name}.{name}", get_named_type(input_field_type(declared))


@dataclass(frozen=True, slots=True)
class ArgumentCost:
    """The cost of one argument of a field, whose value has variables."""

    node: ValueNode
    coordinate: str
    type: GraphQLNamedType
    weights: ValueWeights

    def cost(self, costs: VariableCosts) -> int:
        """Return the cost of the value for the variables of a request."""
        return self.weights.written(self.node, (self.coordinate, self.type), costs)


def has_variables(node: ValueNode) -> bool:
    """Return whether a value depends on variables."""
    return any(isinstance(each, VariableNode) for each in descendants(node))
