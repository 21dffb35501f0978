"""The cost of the values of arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLInputObjectType,
    GraphQLNamedType,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    value_from_ast_untyped,
)

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.operation.descendants import descendants
from weir.resolvers.operation.wrappers import input_field_type

_INPUT_OBJECT = 1


@dataclass(frozen=True, slots=True)
class ValueWeights:
    """The weights of arguments, input fields and types, by schema coordinate."""

    weights: Mapping[str, int]

    def cost(self, value: JSONValue, coordinate: str, type_: GraphQLNamedType) -> int:
        """Return the cost of a value and of all values in it.

        An input object costs 1 without a weight, any other value nothing. Null costs
        nothing.
        """
        if value is None or value is Undefined:
            return 0
        own = self.weights.get(coordinate, self.weights.get(type_.name))
        if is_list(value):
            return (own or 0) + sum(
                self.cost(each, coordinate, type_) for each in value
            )
        if is_object(value) and isinstance(type_, GraphQLInputObjectType):
            own = _INPUT_OBJECT if own is None else own
            return own + sum(
                self._field_cost(name, each, type_) for name, each in value.items()
            )
        return own or 0

    def _field_cost(
        self, name: str, value: JSONValue, type_: GraphQLInputObjectType
    ) -> int:
        declared = type_.fields.get(name)
        if declared is None:
            return 0
        named = get_named_type(input_field_type(declared))
        return self.cost(value, f"{type_.name}.{name}", named)


@dataclass(frozen=True, slots=True)
class ArgumentCost:
    """The cost of one argument of a field, whose value has variables."""

    node: ValueNode
    coordinate: str
    type: GraphQLNamedType
    weights: ValueWeights

    def cost(self, variables: JSONObject) -> int:
        """Return the cost of the value for these variables."""
        value = value_from_ast_untyped(self.node, variables)
        return self.weights.cost(value, self.coordinate, self.type)


def has_variables(node: ValueNode) -> bool:
    """Return whether a value depends on variables."""
    return any(isinstance(each, VariableNode) for each in descendants(node))
