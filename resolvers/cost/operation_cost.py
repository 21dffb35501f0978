"""The costs of the fields of one operation."""

from collections import Counter
from dataclasses import dataclass

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.cost.arguments import ArgumentCost
from weir.resolvers.cost.lengths import ListLength, RequiredSlice
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.operation.conditions import Condition, is_wanted

_LARGEST = 2**53 - 1
"""JSON numbers are exact up to here."""

_DEAREST = 5


@dataclass(frozen=True, slots=True)
class Member:
    """The object types of a position that cost the same, and their fields."""

    types: frozenset[str]
    weight: int
    fields: "tuple[FieldCost, ...]"

    def estimate(self, costs: VariableCosts) -> int:
        """Return the cost of one object."""
        return self.weight + sum([each.estimate(costs) for each in self.fields])


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCost:
    """The cost of one field: of its call, and of each value in its list.

    `types` are the object types that have it. `call` is the cost of its constant
    arguments, `arguments` are the others. `own` is the weight of one value without its
    fields; objects also have that of one of the `members`. A field that is not a list
    has no `lengths`; each item of a nested list has `inner` values. `constant` is the
    estimate, if it does not depend on variables.
    """

    key: str
    name: str
    types: frozenset[str]
    condition: Condition
    own: int
    call: int
    arguments: tuple[ArgumentCost, ...]
    lengths: tuple[ListLength, ...]
    inner: int
    members: tuple[Member, ...]
    constant: int | None = None

    def estimate(self, costs: VariableCosts) -> int:
        """Return the cost of one call, with all that is selected below it."""
        if self.constant is not None:
            return self.constant
        # Several members of a position may share a field, and so on below it.
        return costs.once((id(self), "estimate"), self._estimate)

    def _estimate(self, costs: VariableCosts) -> int:
        if not is_wanted(self.condition, costs.variables):
            return 0
        dearest = max([each.estimate(costs) for each in self.members], default=0)
        values = self.length(costs.variables) * (self.own + dearest)
        # A negative weight makes its own field cheaper, and no other.
        return max(0, self.call_cost(costs) + values)

    def call_cost(self, costs: VariableCosts) -> int:
        """Return the cost of the arguments."""
        if not self.arguments:
            return self.call
        return costs.once((id(self), "call"), self._call_cost)

    def _call_cost(self, costs: VariableCosts) -> int:
        return self.call + sum([each.cost(costs) for each in self.arguments])

    def length(self, variables: JSONObject) -> int:
        """Return the estimated number of values."""
        return self.inner * max(
            (each.of(variables) for each in self.lengths), default=1
        )

    def actual(self, parent: JSONObject, costs: VariableCosts) -> int:
        """Return the cost of the field in one merged object."""
        if self.key not in parent or not is_wanted(self.condition, costs.variables):
            return 0
        typename = parent.get("__typename")
        if isinstance(typename, str) and typename not in self.types:
            return 0
        values = self._value_cost(parent[self.key], costs)
        return max(0, self.call_cost(costs) + values)

    def _value_cost(self, value: JSONValue, costs: VariableCosts) -> int:
        if value is None:
            return 0
        if is_list(value) and (self.lengths or self.members):
            return sum(self._value_cost(each, costs) for each in value)
        if not is_object(value) or not self.members:
            return self.own
        return self.own + self._member_cost(value, costs)

    def _member_cost(self, value: JSONObject, costs: VariableCosts) -> int:
        costs.work.check()
        member = self._member(value.get("__typename"))
        return member.weight + sum(each.actual(value, costs) for each in member.fields)

    def _member(self, typename: JSONValue) -> Member:
        found = (each for each in self.members if typename in each.types)
        return next(found, self.members[0])


@dataclass(frozen=True, slots=True)
class OperationCost:
    """The cost of an operation; `base` is that of its kind.

    `required` are fields that need exactly one slicing argument. `steps` is how many
    costs are added up for the variables of each request.
    """

    base: int
    fields: tuple[FieldCost, ...]
    required: tuple[tuple[Condition, RequiredSlice], ...]
    steps: int

    def estimate(self, costs: VariableCosts) -> int:
        """Return the largest cost for these variables, if all lists are as assumed.

        Raises `Cancelled`.
        """
        total = self.base + sum(each.estimate(costs) for each in self.fields)
        return max(0, min(total, _LARGEST))

    def actual(self, data: JSONObject, costs: VariableCosts) -> int:
        """Return the cost of the merged replies of the services.

        Raises `Cancelled`.
        """
        total = self.base + sum(each.actual(data, costs) for each in self.fields)
        return max(0, min(total, _LARGEST))

    def dearest(self, costs: VariableCosts) -> list[tuple[str, int]]:
        """Return the paths of the dearest fields, each without the fields below it."""
        found = Counter[str]()
        for each in self.fields:
            _add_costs(each, "", 1, costs, found)
        return [
            (path, min(cost, _LARGEST))
            for path, cost in found.most_common(_DEAREST)
            if cost > 0
        ]

    def missing_slices(self, costs: VariableCosts) -> list[tuple[RequiredSlice, int]]:
        """Return the fields without exactly one slicing argument, with the number."""
        if not self.required:
            return []
        variables = costs.variables
        return [
            (each, given)
            for condition, each in self.required
            if is_wanted(condition, variables) and (given := each.given(variables)) != 1
        ]


def _add_costs(
    field: FieldCost,
    parent: str,
    calls: int,
    costs: VariableCosts,
    found: Counter[str],
) -> None:
    if not is_wanted(field.condition, costs.variables):
        return
    values = calls * field.length(costs.variables)
    member = max(field.members, key=lambda each: each.estimate(costs), default=None)
    weight = field.own + (member.weight if member else 0)
    path = f"{parent}.{field.name}" if parent else field.name
    found[path] += calls * field.call_cost(costs) + values * weight
    for each in member.fields if member else ():
        _add_costs(each, path, values, costs, found)
