"""Arguments whose values depend on the device profile.

A coordinate such as `Image.url(width:)` or `Query.popular(first:)` may have a rule in
any façade of a graph: a default value, and a maximum. Each selection of such a field
gets a *hidden variable* as its argument, in place of the client's value
(`resolvers.operation.hide_arguments`). So one plan serves all façades, and only the
values of the hidden variables differ. They are computed per request, from the client's
value and the rules of its façade:

    value in the operation, variable, operation's default   the client's value
    device default, argument's default                      if there is no such value
    maximum                                                 limits the value
    (none of these)                                         the variable is left out
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLSchema,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.operation.rule_coordinates import RuleProblem, look_up_field
from weir.resolvers.operation.suggestions import suggestion
from weir.resolvers.operation.variables.input_values import Coercers
from weir.resolvers.operation.variables.problems import Problems, TooManyProblems
from weir.resolvers.operation.wrappers import argument_type

_COORDINATE = re.compile(r"(\w+)\.(\w+)\((\w+):\)")
_ABSENT = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentRule:
    """The default and the maximum that a device profile sets for an argument."""

    default: JSONValue = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, order=True)
class Coordinate:
    """An argument of a field of an object or interface type."""

    type: str
    field: str
    argument: str

    def __str__(self) -> str:
        return f"{self.type}.{self.field}({self.argument}:)"


@dataclass(frozen=True, slots=True)
class Clamped:
    """A value of the client above the maximum of its device, which was sent instead."""

    coordinate: Coordinate
    requested: float
    maximum: float


@dataclass(frozen=True, slots=True)
class HiddenValues:
    """The values of the hidden variables that have one, and those that were clamped."""

    values: JSONObject
    clamped: tuple[Clamped, ...] = ()


@dataclass(frozen=True, slots=True)
class HiddenVariable:
    """A variable of the gateway that replaces an argument.

    `coordinates` are the coordinates of the argument: of the field's own type first,
    then of types that implement the interface that the field was selected on. `written`
    is the client's value in the document, if there is one. `argument_default` is the
    default in the schema.
    """

    name: str
    coordinates: tuple[Coordinate, ...]
    written: ValueNode | None
    argument_default: ValueNode | None

    def value(
        self, rules: Mapping[Coordinate, ArgumentRule], variables: JSONObject
    ) -> tuple[bool, JSONValue, Clamped | None]:
        """Return whether there is a value, the value, and whether it was clamped."""
        value = written = self._written(variables)
        at = next((each for each in self.coordinates if each in rules), None)
        if at is None:
            return value is not _ABSENT, value, None
        rule = rules[at]
        if value is _ABSENT:
            value = self._default(rule)
        if rule.maximum is None or not _is_number(value) or value <= rule.maximum:
            return value is not _ABSENT, value, None
        clamped = None if written is _ABSENT else Clamped(at, value, rule.maximum)
        return True, rule.maximum, clamped

    def _written(self, variables: JSONObject) -> JSONValue:
        if self.written is None:
            return _ABSENT
        if isinstance(self.written, VariableNode):
            return variables.get(self.written.name.value, _ABSENT)
        return value_from_ast_untyped(self.written, variables)

    def _default(self, rule: ArgumentRule) -> JSONValue:
        if rule.default is not None:
            return rule.default
        if self.argument_default is None:
            return _ABSENT
        return value_from_ast_untyped(self.argument_default)


def hidden_values(
    hidden: Iterable[HiddenVariable],
    rules: Mapping[Coordinate, ArgumentRule],
    variables: JSONObject,
) -> HiddenValues:
    """Return the values of the hidden variables that have one.

    `variables` are the client's coerced variables.
    """
    values: JSONObject = {}
    clamped: dict[Clamped, None] = {}
    for each in hidden:
        has_value, value, own = each.value(rules, variables)
        if has_value:
            values[each.name] = value
        if own is not None:
            clamped[own] = None
    return HiddenValues(values, tuple(clamped))


def read_rules(
    rules: Mapping[str, ArgumentRule], schema: GraphQLSchema
) -> tuple[dict[Coordinate, ArgumentRule], tuple[RuleProblem, ...]]:
    """Parse rules by coordinate. Return valid rules, and problems of the others."""
    read: dict[Coordinate, ArgumentRule] = {}
    problems: list[RuleProblem] = []
    for text, rule in rules.items():
        found = _look_up(text, schema)
        if isinstance(found, str):
            problems.append(RuleProblem(text, found))
            continue
        coordinate, argument = found
        message = _misfit(rule, argument)
        if message:
            problems.append(RuleProblem(text, message))
        else:
            read[coordinate] = rule
    return read, tuple(problems)


def _look_up(
    text: str, schema: GraphQLSchema
) -> tuple[Coordinate, GraphQLArgument] | str:
    """Return the argument of a coordinate, or an error message."""
    match = _COORDINATE.fullmatch(text)
    if match is None:
        return "is not the coordinate of an argument, such as Image.url(width:)."
    coordinate = Coordinate(*match.groups())
    found = look_up_field(coordinate.type, coordinate.field, schema)
    if isinstance(found, str):
        return found
    type_, field = found
    argument = field.args.get(coordinate.argument)
    if argument is None:
        hint = suggestion(coordinate.argument, field.args)
        name = f"{type_.name}.{coordinate.field}"
        return f"{name} has no argument {coordinate.argument}.{hint}"
    return coordinate, argument


def _misfit(rule: ArgumentRule, argument: GraphQLArgument) -> str:
    type_ = argument_type(argument)
    if rule.maximum is not None and str(type_).rstrip("!") not in {"Int", "Float"}:
        return f"a maximum needs an Int or a Float, the argument is {type_}."
    if rule.default is None:
        return ""
    problems = Problems("default")
    with suppress(TooManyProblems):
        Coercers().of(type_).coerce(rule.default, problems)
    # A reason can end with a suggestion, which is a question.
    reasons = [
        f"{each.path}: {each.reason}{'' if each.reason.endswith('?') else '.'}"
        for each in problems.found
    ]
    if _is_number(rule.default) and _exceeds(rule.default, rule.maximum):
        reasons.append(f"default: {rule.default} is above the maximum.")
    return " ".join(reasons)


def _exceeds(value: float, maximum: float | None) -> bool:
    return maximum is not None and value > maximum


def _is_number(value: JSONValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
